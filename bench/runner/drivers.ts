import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { EngineOptions } from '../../src/event-store/engine.js'

/**
 * There are two MongoDB drivers: Verbatim's own, and the one that emmett needs, in bench/node_modules. An import of
 * 'mongodb' in this folder may find either, depending on what is installed, so no file here imports it: this file loads
 * each driver from where it belongs: ours from the bundled packages, which the engine uses (it would not know the values
 * of a second copy). What they return is typed here, as far as it is used, because types are checked without the peers.
 */
const projectFolder = new URL('../../../', import.meta.url) // this file runs in build/bench/runner/
const ours = createRequire(new URL('build/package.json', projectFolder))
const peers = createRequire(new URL('bench/package.json', projectFolder))

export type Db = EngineOptions['db']

interface Client<Database> {
  db(name: string): Database
  close(): Promise<void>
}

interface Driver<Database> {
  MongoClient: {
    connect(uri: string, options: { writeConcern: { w: 'majority'; journal: true } }): Promise<Client<Database>>
  }
}

interface EmmettEvent {
  type: string
  data: object
  metadata: object
}

export interface EmmettStore {
  appendToStream(stream: string, events: readonly EmmettEvent[]): Promise<unknown>
}

interface Emmett {
  getMongoDBEventStore(options: {
    client: Client<unknown>
    storage: { type: 'COLLECTION_PER_STREAM_TYPE'; databaseName: string }
  }): EmmettStore
}

/** For every contender: on the disks of a majority. */
const writeConcern = { w: 'majority', journal: true } as const

export const connect = (uri: string): Promise<Client<Db>> =>
  (ours('mongodb') as Driver<Db>).MongoClient.connect(uri, { writeConcern })

export async function openEmmett(
  uri: string,
  databaseName: string,
): Promise<{ store: EmmettStore; close: () => Promise<void> }> {
  const client = await (peers('mongodb') as Driver<unknown>).MongoClient.connect(uri, { writeConcern })
  const emmett = peers('@event-driven-io/emmett-mongodb') as Emmett
  const store = emmett.getMongoDBEventStore({ client, storage: { type: 'COLLECTION_PER_STREAM_TYPE', databaseName } })
  return { store, close: () => client.close() }
}

/** The pinned versions: Verbatim's driver, then the peers. */
export function versions(): string {
  const others = Object.entries(pinnedIn('bench/package.json')).filter(([name]) => /emmett|mongodb/.test(name))
  return `mongodb ${pinnedIn('package.json').mongodb}; peers: ${others.map((one) => one.join(' ')).join(', ')}`
}

function pinnedIn(path: string): Readonly<Record<string, string>> {
  const content = readFileSync(new URL(path, projectFolder), 'utf8')
  return (JSON.parse(content) as { dependencies: Record<string, string> }).dependencies
}
