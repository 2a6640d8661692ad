import type { Collection, Db, UUID } from 'mongodb'
import type { ProjectionRateMarks } from './projection-rate.js'

/** How far a reader of the log has come, which process reads, and what stops it. A storage format. */
export interface LeaseDocument {
  _id: string
  /** Of the code that wrote the model. */
  version: number
  /** Everything up to here has been applied. */
  position: number
  state: 'live' | 'paused' | 'failed'
  error?: { position: number; message: string; at: Date }
  /** The process that holds the lease, and until when. */
  owner?: string
  until?: Date
  /** The process that asked for the lease next: the owner releases it, and for a few seconds no other may take it. */
  wanted?: string
  wantedUntil?: Date
  /** The number of the newest operator's decision that was applied. Decisions with lower numbers change nothing. */
  decided?: number
  pace?: ProjectionRateMarks
  /** Of a rebuild: the command that started it. */
  cause?: string
  /** A rebuilt collection that is about to take the model's name, and what the lease says after that. */
  swap?: { collection: string; uuid: UUID; position: number; version: number }
}

/** Where all leases are stored. The collection's name is older than the word lease. */
export const leasesIn = (db: Db): Collection<LeaseDocument> =>
  db.collection('checkpoints', { readConcern: { level: 'local' }, readPreference: 'primary' })

export const leaseMs = 3_000

export const fromNow = (ms: number) => ({ $add: ['$$NOW', ms] })
