import { EngineError } from './engine-error.js'
import { runToEnd } from './engine-process.js'
import { canDownload, downloadMongod, thisPlatform } from './mongod-download.js'
import { installEngines, pinnedMongod, pinnedOpenssl } from './install.js'

/** The oldest release that is accepted from a machine. The pinned one is 8.2. */
const OLDEST = 6

/** How to run a mongod: the command is followed by mongod's own arguments. */
export interface MongodProgram {
  readonly command: readonly string[]
  readonly version: string
}

interface MongodLookup {
  bin?: string | undefined
  /** Where a mongod is downloaded from. */
  mirror?: string | undefined
  say?: ((line: string) => void) | undefined
}

/**
 * The mongod to run: the configured one, else the one on the path, else the pinned one, which is installed or downloaded
 * when it is missing. A configured mongod that does not run is an error and is not replaced by another one; one on the
 * path that cannot be used is named and left alone.
 */
export async function resolveMongod({ bin, mirror, say }: MongodLookup = {}): Promise<MongodProgram> {
  if (bin) {
    const configured = await checkMongod([bin])
    if ('version' in configured) return configured
    throw noRunnableMongod([`${bin} (MONGOD_BIN) ${configured.refusal}`])
  }
  const onPath = await checkMongod(['mongod'])
  if ('version' in onPath) {
    say?.(`MongoDB: mongod ${onPath.version}, which is on the path`)
    return onPath
  }
  const tried = [`mongod on the path ${onPath.refusal}`]
  const pinned = await checkMongod(await ownCommand({ mirror, say }, tried))
  if ('version' in pinned) {
    const why = onPath.refusal === absent ? '' : `, because mongod on the path ${onPath.refusal}`
    say?.(`MongoDB: our own mongod ${pinned.version}${why}`)
    return pinned
  }
  throw noRunnableMongod([...tried, `the installed mongod ${pinned.refusal}`])
}

async function ownCommand({ mirror, say }: MongodLookup, tried: string[]): Promise<string[]> {
  if (thisPlatform === 'linux-x64') return pinnedCommand(await installEngines({ mongod: true, say }))
  if (canDownload()) return [await downloadMongod({ mirror, say })]
  throw noRunnableMongod([...tried, `none can be installed for ${thisPlatform}`])
}

/** A shell sets the path of the two libraries for this program alone, and then becomes it: the pid stays the same. */
function pinnedCommand(folder: string): string[] {
  const script = 'LD_LIBRARY_PATH="$0${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$@"'
  return ['sh', '-c', script, pinnedOpenssl(folder), pinnedMongod(folder)]
}

const absent = 'is not there'

async function checkMongod(command: string[]): Promise<MongodProgram | { refusal: string }> {
  const { ran, output } = await runToEnd([...command, '--version'])
  if (!ran) return { refusal: /\bENOENT\b/.test(output) ? absent : `does not run: ${output}` }
  const version = /db version v([\d.]+)/.exec(output)?.[1]
  if (!version) return { refusal: `is no mongod: it says ${output.slice(0, 200).trim()}` }
  if (Number.parseInt(version, 10) < OLDEST) return { refusal: `is ${version}, older than ${OLDEST}.0` }
  return { command, version }
}

function noRunnableMongod(tried: readonly string[]): EngineError {
  const advice = tried.join().includes('libcurl.so.4') ? 'Install libcurl 4 (apt-get install libcurl4), or set' : 'Set'
  return new EngineError(
    'no_runnable_mongod',
    `no mongod runs on this machine: ${tried.join('; ')}. ` +
      `${advice} MONGOD_BIN to a mongod ${OLDEST}.0 or later, or MONGODB_URI to a MongoDB that runs already`,
  )
}
