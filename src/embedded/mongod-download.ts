import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { EngineError } from './engine-error.js'
import { packagesFolder } from './project-paths.js'
import { withStagingFolder } from './staging-folder.js'

/** Where MongoDB publishes its programs. */
export const officialMirror = 'https://fastdl.mongodb.org'

interface Release {
  /** Below the mirror. */
  readonly path: string
  /** SHA-256 of the archive. Without it the one that the mirror publishes beside the archive has to do. */
  readonly sha256?: string
}

/** For the platforms on which no package of the registry has a mongod. On Windows 10, 8.2 does not start. */
const releases: Readonly<Record<string, Release>> = {
  'darwin-arm64': {
    path: 'osx/mongodb-macos-arm64-8.2.11.tgz',
    sha256: '337ff1fdddab54a526219050f6156e4fa5bd6a3672fd4b79fbc68379717e1f06',
  },
  'darwin-x64': {
    path: 'osx/mongodb-macos-x86_64-8.2.11.tgz',
    sha256: '04b205ae64e853cb451dd8c00fed2af36edcc9e0c7a18897c2db1db3a7bb34c0',
  },
  'linux-arm64': { path: 'linux/mongodb-linux-aarch64-ubuntu2204-8.2.11.tgz' },
  'win32-x64': { path: 'windows/mongodb-windows-x86_64-8.0.16.zip' },
}

export const thisPlatform = `${process.platform}-${process.arch}`

export interface DownloadOptions {
  /** As `thisPlatform` names it. */
  platform?: string
  mirror?: string | undefined
  /** `embedded/`. */
  folder?: string
  say?: ((line: string) => void) | undefined
}

export const canDownload = (platform = thisPlatform): boolean => Object.hasOwn(releases, platform)

/**
 * The path of the official mongod, which is downloaded once. The archive is unpacked in a staging folder, and only when
 * its hash is right; the program is renamed into place as the last step. So two processes may do it at once, and one
 * that dies leaves only a folder that the next one deletes.
 */
export async function downloadMongod(options: DownloadOptions = {}): Promise<string> {
  const { platform = thisPlatform, mirror = officialMirror, folder = packagesFolder(), say } = options
  const release = releases[platform]!
  const [, file] = release.path.split('/') as [string, string]
  const program = platform.startsWith('win32') ? 'mongod.exe' : 'mongod'
  const place = join(folder, 'mongod', file.replace(/\.(tgz|zip)$/, ''))
  const installed = join(place, program)
  if (existsSync(installed)) return installed
  const url = `${mirror.replace(/\/$/, '')}/${release.path}`
  await withStagingFolder(folder, async (staging) => {
    const archive = join(staging, file)
    const wanted = release.sha256 ?? (await publishedHash(url))
    const found = await fetchFile(url, archive, say)
    if (found !== wanted)
      throw cannotDownload(
        `the archive has the SHA-256 ${found}, and should have ${wanted}: ${url} is damaged or forged`,
      )
    const unpacked = await unpackedProgram(archive, staging, program)
    await mkdir(place, { recursive: true })
    await rename(unpacked, installed)
  }).catch((error: unknown) => {
    throw error instanceof EngineError ? error : cannotDownload((error as Error).message)
  })
  say?.(`mongod of ${file} is in ${place}`)
  return installed
}

async function publishedHash(url: string): Promise<string> {
  const text = await (await answerOf(`${url}.sha256`)).text()
  const [hash] = /\b[0-9a-f]{64}\b/.exec(text) ?? []
  if (!hash) throw cannotDownload(`${url}.sha256 has no SHA-256`)
  return hash
}

/** Answers the hash of what has arrived. */
async function fetchFile(url: string, file: string, say: DownloadOptions['say']): Promise<string> {
  const response = await answerOf(url)
  const size = Number(response.headers.get('content-length') ?? 0)
  const all = size > 0 ? ` (${megabytes(size)} MB)` : ''
  say?.(`downloading ${url}${all}, once …`)
  const hash = createHash('sha256')
  let arrived = 0
  let told = 0
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      arrived += chunk.length
      if (size > 0 && arrived >= size * (told + 0.25) && arrived < size) {
        told = Math.floor((arrived / size) * 4) / 4
        say?.(`${megabytes(arrived)} of ${megabytes(size)} MB have arrived`)
      }
      done(null, chunk)
    },
  })
  await pipeline(Readable.from(response.body!), meter, createWriteStream(file))
  return hash.digest('hex')
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6)

async function answerOf(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: Error) => {
    const { cause } = error as { cause?: Error }
    throw cannotDownload(`${url} cannot be reached: ${cause?.message ?? error.message}`)
  })
  if (response.ok && response.body) return response
  await response.body?.cancel()
  throw cannotDownload(`${url} answers ${response.status}`)
}

/** The tar of Windows unpacks zip files, too; another tar may stand before it on the path. */
async function unpackedProgram(archive: string, staging: string, program: string): Promise<string> {
  const tar = process.platform === 'win32' ? 'C:\\Windows\\System32\\tar.exe' : 'tar'
  const unpacked = join(staging, 'unpacked')
  await mkdir(unpacked)
  await promisify(execFile)(tar, ['-xf', archive, '-C', unpacked])
  const [top = ''] = await readdir(unpacked)
  const found = join(unpacked, top, 'bin', program)
  if (!existsSync(found)) throw cannotDownload(`the archive has no bin/${program}`)
  return found
}

const cannotDownload = (why: string) =>
  new EngineError(
    'install_failed',
    `there is no mongod on this machine yet, and none could be downloaded: ${why}. Try again when that is repaired, ` +
      'name another source in MONGOD_MIRROR, or set MONGOD_BIN to a mongod, or MONGODB_URI to a MongoDB that runs already',
  )
