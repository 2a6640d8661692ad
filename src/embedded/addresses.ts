import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFolderInUse } from './data-folder.js'

/** Where engines listen, without a database name. */
export interface EngineAddresses {
  readonly mongoUri?: string
  readonly redisUrl?: string
}

const fileIn = (dataDir: string) => join(dataDir, 'engines.json')

/** For other programs of the same user: the command line uses the engines of a service that runs. */
export function writeAddresses(dataDir: string, addresses: EngineAddresses): void {
  writeFileSync(fileIn(dataDir), `${JSON.stringify(addresses)}\n`, { mode: 0o600 })
}

export function removeAddresses(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true })
}

/** Undefined when no engines run there. The file of a supervisor that was killed does not count. */
export function runningEngines(dataDir: string): EngineAddresses | undefined {
  if (!isFolderInUse(dataDir)) return undefined
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as EngineAddresses
  } catch {
    return undefined // the engines are starting or stopping right now
  }
}
