import type { Db } from 'mongodb'
import type { LeaseDocument } from './lease.js'
import { LogCollection } from '../log/log-collection.js'
import { rateOf } from './projection-rate.js'
import type { Projection } from './projection.js'

/** How a read model stands, as operators want to know it. */
export interface ProjectionStatus {
  readonly name: string
  /** Of the model that is there; of this build's as long as there is none. */
  readonly version: number
  readonly state: LeaseDocument['state'] | 'not_begun'
  readonly position: number
  /** What it does not have yet: so many events, the oldest of them so old. Both 0 when it is current. */
  readonly lag: { readonly events: number; readonly seconds: number }
  /** Events a second, over the last seconds. */
  readonly rate: number
  /** The process that projects it. */
  readonly owner?: string
  readonly error?: NonNullable<LeaseDocument['error']>
  readonly rebuild?: RebuildStatus
}

export interface RebuildStatus {
  /** Failed: at an event that it cannot take. Abandoned: its process died; nothing of it is left but this. */
  readonly state: 'running' | 'failed' | 'abandoned'
  readonly version: number
  readonly position: number
  /** The command that it carries out; none for one that began by itself. */
  readonly cause?: string
  readonly error?: NonNullable<LeaseDocument['error']>
}

/** By the database's clock, which leases go by. */
type Found = LeaseDocument & { now: Date; held: boolean }

const nothingYet: Omit<Found, '_id'> = { version: 0, position: 0, state: 'live', held: false, now: new Date(0) }

/** The head is read first: a model that is seen after it cannot seem to be behind what came in between. */
export async function projectionStatuses(db: Db, projections: readonly Projection[]): Promise<ProjectionStatus[]> {
  const log = new LogCollection(db)
  const { position: head } = await log.head()
  const found = await checkpoints(db, projections)
  const ages = new Map<number, Promise<number>>()
  const ageAfter = (position: number): Promise<number> => {
    const age = ages.get(position) ?? ageOf(log, position + 1)
    ages.set(position, age)
    return age
  }
  return await Promise.all(
    projections.map(async ({ name, version }): Promise<ProjectionStatus> => {
      const at = found.get(name) ?? nothingYet
      const rebuild = found.get(`${name}~rebuild`)
      const events = Math.max(0, head - at.position)
      return {
        name,
        version: at.version || version,
        state: at.version === 0 && at.state === 'live' ? 'not_begun' : at.state,
        position: at.position,
        lag: { events, seconds: events === 0 ? 0 : await ageAfter(at.position) },
        rate: rateOf(at),
        ...(at.held && { owner: at.owner }),
        ...(at.error && { error: at.error }),
        ...(rebuild && { rebuild: rebuildOf(rebuild) }),
      }
    }),
  )
}

async function checkpoints(db: Db, projections: readonly Projection[]): Promise<Map<string, Found>> {
  const collection = db.collection<LeaseDocument>('checkpoints', {
    readConcern: { level: 'local' },
    readPreference: 'primary',
  })
  const ids = projections.flatMap(({ name }) => [name, `${name}~rebuild`])
  const more = [{ $match: { _id: { $in: ids } } }, { $set: { now: '$$NOW', held: { $gt: ['$until', '$$NOW'] } } }]
  return new Map((await collection.aggregate<Found>(more).toArray()).map((at) => [at._id, at]))
}

function rebuildOf({ version, position, held, error, cause }: Found): RebuildStatus {
  const state = held ? 'running' : error ? 'failed' : 'abandoned'
  return { state, version, position, ...(cause && { cause }), ...(error && { error }) }
}

/** Seconds since the event at this position was recorded. */
async function ageOf(log: LogCollection, position: number): Promise<number> {
  const append = await log.appendAtOrBefore(position, { at: 1 })
  return append ? Math.max(0, Math.round((Date.now() - append.at.getTime()) / 100) / 10) : 0
}
