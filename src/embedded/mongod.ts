import { mkdirSync } from 'node:fs'
import { folderInUse } from './data-folder.js'
import { EngineError } from './engine-error.js'
import { type EngineExit, type EngineProcess, ExitBeforeReady, startProcess } from './engine-process.js'
import { type MongodProgram, resolveMongod } from './mongod-program.js'
import { LOOPBACK, startOnPort, portTaken } from './port.js'

export interface MongodOptions {
  dbPath: string
  /** A free one when absent. */
  port?: number | undefined
  /** A path; else the program below, else whatever mongod can be found or installed. */
  bin?: string | undefined
  program?: MongodProgram | undefined
  /** Without a name it is a plain standalone, which is all that Verbatim needs. */
  replSet?: string | undefined
  /** More of mongod's own arguments. */
  extra?: readonly string[] | undefined
  /** When this aborts the mongod ends, ready or not. */
  signal?: AbortSignal | undefined
}

export interface Mongod extends EngineProcess {
  readonly port: number
  /** Of this one member alone; no database named. */
  readonly uri: string
}

/** Small and quiet: no diagnostics written each second, journal files of 8 MB instead of 100, no long goodbye. */
const quietArguments = [
  ['--wiredTigerCacheSizeGB', '0.25'],
  ['--wiredTigerEngineConfigString', 'log=(prealloc=false,file_max=8MB)'],
  ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=1000'],
].flat()

/**
 * Starts a mongod that listens on this machine only and ends with the calling process. What it has journaled survives
 * SIGKILL. To have a standalone wait for its journal ask for `{ w: 1, j: true }`: with `w: 'majority'` mongod leaves
 * the waiting to replication, which a standalone has not, and acknowledges what a SIGKILL may still take back.
 */
export async function startMongod(options: MongodOptions): Promise<Mongod> {
  const program = options.program ?? (await resolveMongod({ bin: options.bin }))
  mkdirSync(options.dbPath, { recursive: true })
  return startOnPort(options.port, async (port) => {
    const command = [...program.command, ...argumentsFor(options, port)]
    try {
      const started = await startProcess({ command, ready: /"Waiting for connections"/, signal: options.signal })
      return { ...started, port, uri: `mongodb://${LOOPBACK}:${port}/?directConnection=true` }
    } catch (error) {
      throw error instanceof ExitBeforeReady ? startFailure(error.exit, options.dbPath, port) : error
    }
  })
}

function argumentsFor({ dbPath, replSet, extra = [] }: MongodOptions, port: number): string[] {
  const where = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', LOOPBACK]
  const socket = process.platform === 'win32' ? [] : ['--nounixsocket']
  return [...where, ...socket, ...quietArguments, ...(replSet ? ['--replSet', replSet] : []), ...extra]
}

function startFailure({ how, output }: EngineExit, dbPath: string, port: number): EngineError {
  if (/DBPathInUse/.test(output)) return folderInUse(dbPath, 'another mongod')
  if (/Address already in use/i.test(output)) return portTaken('mongod', port)
  return new EngineError('engine_failed', `mongod ended with ${how} before it was ready: ${mongodErrors(output)}`)
}

/** Of its structured log the errors, and whatever it printed as plain text. */
export function mongodErrors(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim())
  const telling = lines.flatMap((line) => {
    const entry = parsed(line)
    if (!entry) return [line]
    return entry.s === 'E' || entry.s === 'F' ? [`${entry.msg} ${JSON.stringify(entry.attr ?? {})}`] : []
  })
  return (telling.length ? telling : lines).slice(-5).join('\n') || 'it said nothing'
}

function parsed(line: string): { s?: string; msg?: string; attr?: unknown } | undefined {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined
  } catch {
    return undefined // the oldest line that is remembered may lack its beginning
  }
}
