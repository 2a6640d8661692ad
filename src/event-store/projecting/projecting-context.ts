import type { Db } from 'mongodb'
import type { DatabaseClock } from '../database-clock.js'
import type { Announcements } from '../log/announcements.js'
import type { Feed } from '../log/feed.js'
import type { Vault } from '../sealing/vault.js'
import type { LogCollection } from '../log/log-collection.js'

/** What projections and reactors need of their process. */
export interface ProjectingContext {
  readonly db: Db
  readonly log: LogCollection
  readonly feed: Feed
  readonly announcements: Announcements
  readonly vault: Vault
  readonly clock: Pick<DatabaseClock, 'now'>
  /** This process's name in leases. */
  readonly processName: string
  /** The positions that operators have told a version of a projection to skip, as the log has them now. */
  readonly skippedPositions: (projection: string, version: number) => Promise<ReadonlySet<number>>
  /** The log's Merkle root over its first `position` events. */
  readonly logRoot: (position: number) => Promise<string>
  readonly onError?: (projection: string, error: unknown) => void
}
