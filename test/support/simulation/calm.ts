import type { Db } from 'mongodb'
import { Random } from '../seeds.js'
import { Connection, noFaults } from './connection.js'
import { databaseOver } from './memory-database.js'
import type { Id } from './oplog.js'
import type { Doc } from './query-language.js'
import { MemoryReplicaSet } from './replica-set.js'
import { SimulatedTime } from './simulated-time.js'

const longestMs = 60 * 60_000

export interface CalmWorld {
  db: Db
  /** The way to it: its plan says what goes wrong. */
  connection: Connection
  replicaSet: MemoryReplicaSet
  time: SimulatedTime
  /** Puts a document where it is, on a majority, whatever was there. */
  put: (collection: string, document: Doc & { readonly _id: Id }) => void
}

/**
 * A story on a database in memory, in simulated time: a pause of a minute takes no time, and nothing fails unless the
 * story says so.
 */
export async function inSimulatedTime(story: (world: CalmWorld) => Promise<void>): Promise<void> {
  const random = new Random(1)
  const time = new SimulatedTime()
  const replicaSet = new MemoryReplicaSet({ log: ['stream', 'version'] })
  const put: CalmWorld['put'] = (collection, document) => {
    replicaSet.delete(collection, { _id: document._id })
    replicaSet.insert(collection, [document], { ordered: true })
    replicaSet.replicate(replicaSet.now)
  }
  time.install(() => random.below(1_000_000) / 1_000_000)
  try {
    let isOver = false
    const connection = new Connection(replicaSet, random, noFaults)
    const told = story({ db: databaseOver(connection), connection, replicaSet, time, put }).finally(
      () => (isOver = true),
    )
    told.catch(() => {}) // it is awaited below
    await time.until(() => isOver, longestMs, 'the story ends')
    await told
  } finally {
    time.uninstall()
  }
}
