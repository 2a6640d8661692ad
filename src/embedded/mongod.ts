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
  /** A path. Without it and without `program`: a mongod that is found on the machine or installed. */
  bin?: string | undefined
  program?: MongodProgram | undefined
  /** The name of a replica set. Without it the mongod is a standalone, which is all that Verbatim needs. */
  replSet?: string | undefined
  /** More arguments for mongod. */
  extra?: readonly string[] | undefined
  /** When this aborts, the mongod ends, ready or not. */
  signal?: AbortSignal | undefined
}

export interface Mongod extends EngineProcess {
  readonly port: number
  /** The address of this member alone, without a database name. */
  readonly uri: string
}

/** No diagnostics written each second, journal files of 8 MB instead of 100, a short shutdown. */
const smallFootprint = [
  ['--wiredTigerCacheSizeGB', '0.25'],
  ['--wiredTigerEngineConfigString', 'log=(prealloc=false,file_max=8MB)'],
  ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=1000'],
].flat()

/**
 * Starts a mongod that listens on this machine only and ends with the calling process. What it has journaled survives
 * SIGKILL. For a standalone to wait for its journal, write with `{ w: 1, j: true }`: with `w: 'majority'` mongod leaves
 * the waiting to replication, which a standalone does not have, and acknowledges what a SIGKILL may still undo.
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
  return [...where, ...socket, ...smallFootprint, ...(replSet ? ['--replSet', replSet] : []), ...extra]
}

function startFailure({ reason, output }: EngineExit, dbPath: string, port: number): EngineError {
  if (/DBPathInUse/.test(output)) return folderInUse(dbPath, 'another mongod')
  if (/Address already in use/i.test(output)) return portTaken('mongod', port)
  return new EngineError('engine_failed', `mongod ended with ${reason} before it was ready: ${mongodErrors(output)}`)
}

/** The errors of its structured log, and all that it printed as plain text. */
export function mongodErrors(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim())
  const errors = lines.flatMap((line) => {
    const entry = parseEntry(line)
    if (!entry) return [line]
    return entry.s === 'E' || entry.s === 'F' ? [`${entry.msg} ${JSON.stringify(entry.attr ?? {})}`] : []
  })
  return (errors.length ? errors : lines).slice(-5).join('\n') || 'it printed nothing'
}

function parseEntry(line: string): { s?: string; msg?: string; attr?: unknown } | undefined {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined
  } catch {
    return undefined // the beginning of the oldest line may be cut off
  }
}
