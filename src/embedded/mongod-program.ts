import { EngineError } from './engine-error.js'
import { runToEnd } from './engine-process.js'
import { installEngines, pinnedMongod, pinnedOpenssl } from './install.js'

/** The oldest release we accept from a machine; the pinned one is 8.2. */
const OLDEST = 6

/** What to put before mongod's own arguments to run it. */
export interface MongodProgram {
  readonly command: readonly string[]
  readonly version: string
}

interface MongodLookup {
  bin?: string | undefined
  say?: ((line: string) => void) | undefined
}

/**
 * The mongod to run: the one asked for, the machine's own, else the pinned one, which is installed when it is missing.
 * One that was asked for by name is not silently replaced by another.
 */
export async function resolveMongod({ bin, say }: MongodLookup = {}): Promise<MongodProgram> {
  if (bin) {
    const asked = await checkMongod([bin])
    if ('version' in asked) return asked
    throw noRunnableMongod([`${bin} (MONGOD_BIN) ${asked.refusal}`])
  }
  const own = await checkMongod(['mongod'])
  if ('version' in own) return own
  const tried = [`mongod on the path ${own.refusal}`]
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw noRunnableMongod([...tried, `none can be installed for ${process.platform} on ${process.arch}`])
  }
  const pinned = await checkMongod(pinnedCommand(await installEngines({ mongod: true, say })))
  if ('version' in pinned) return pinned
  throw noRunnableMongod([...tried, `the installed mongod ${pinned.refusal}`])
}

/** A shell adds the two libraries that only this program may see, and becomes it: the pid stays the same. */
function pinnedCommand(folder: string): string[] {
  const script = 'LD_LIBRARY_PATH="$0${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$@"'
  return ['sh', '-c', script, pinnedOpenssl(folder), pinnedMongod(folder)]
}

async function checkMongod(command: string[]): Promise<MongodProgram | { refusal: string }> {
  const { ran, words } = await runToEnd([...command, '--version'])
  if (!ran) return { refusal: /\bENOENT\b/.test(words) ? 'is not there' : `does not run: ${words}` }
  const version = /db version v([\d.]+)/.exec(words)?.[1]
  if (!version) return { refusal: `is no mongod: it says ${words.slice(0, 200).trim()}` }
  if (Number.parseInt(version, 10) < OLDEST) return { refusal: `is ${version}, older than ${OLDEST}.0` }
  return { command, version }
}

function noRunnableMongod(tried: readonly string[]): EngineError {
  const cure = tried.join().includes('libcurl.so.4') ? 'Install libcurl 4 (apt-get install libcurl4), or set' : 'Set'
  return new EngineError(
    'no_runnable_mongod',
    `no mongod runs on this machine: ${tried.join('; ')}. ` +
      `${cure} MONGOD_BIN to a mongod ${OLDEST}.0 or later, or MONGODB_URI to a MongoDB that runs already`,
  )
}
