import type { Db } from 'mongodb'
import type { LogCollection } from '../log/log-collection.js'
import { type LeaseDocument, leasesIn } from './lease-document.js'
import type { Projection } from './projection.js'
import { projectionRate } from './projection-rate.js'

/** What operators want to know of a read model. */
export interface ProjectionStatus {
  readonly name: string
  /** Of the model that is there; of this build while there is none. */
  readonly version: number
  readonly state: LeaseDocument['state'] | 'not_begun'
  readonly position: number
  /** How many events it does not have yet, and the age of the oldest of them. Both are 0 when it is current. */
  readonly lag: { readonly events: number; readonly seconds: number }
  /** Events per second, over the last seconds. */
  readonly rate: number
  /** The process that projects it. */
  readonly owner?: string
  readonly error?: NonNullable<LeaseDocument['error']>
  readonly rebuild?: RebuildStatus
}

export interface RebuildStatus {
  /** Failed: at an event that it cannot take. Abandoned: its process died, and only its lease is left. */
  readonly state: 'running' | 'failed' | 'abandoned'
  readonly version: number
  readonly position: number
  /** The command that started it; none if the service started it. */
  readonly cause?: string
  readonly error?: NonNullable<LeaseDocument['error']>
}

/** A lease judged by the database's clock, as leases are. */
type TimedLease = LeaseDocument & { now: Date; isHeld: boolean }

const noLeaseYet: Omit<TimedLease, '_id'> = { version: 0, position: 0, state: 'live', isHeld: false, now: new Date(0) }

/** The end of the log is read first: then a model that is read after it cannot seem to lack what was appended since. */
export async function projectionStatuses(
  { db, log }: { db: Db; log: LogCollection },
  projections: readonly Projection[],
  now: Date,
): Promise<ProjectionStatus[]> {
  const head = await log.glanceAtEnd()
  const leases = await timedLeases(db, projections)
  const ages = new Map<number, Promise<number>>()
  const ageAfter = (position: number): Promise<number> => {
    const age = ages.get(position) ?? ageOf(log, position + 1, now)
    ages.set(position, age)
    return age
  }
  return await Promise.all(
    projections.map(async ({ name, version }): Promise<ProjectionStatus> => {
      const at = leases.get(name) ?? noLeaseYet
      const rebuild = leases.get(`${name}~rebuild`)
      const events = Math.max(0, head - at.position)
      return {
        name,
        version: at.version || version,
        state: at.version === 0 && at.state === 'live' ? 'not_begun' : at.state,
        position: at.position,
        lag: { events, seconds: events === 0 ? 0 : await ageAfter(at.position) },
        rate: projectionRate(at),
        ...(at.isHeld && { owner: at.owner }),
        ...(at.error && { error: at.error }),
        ...(rebuild && { rebuild: rebuildStatus(rebuild) }),
      }
    }),
  )
}

async function timedLeases(db: Db, projections: readonly Projection[]): Promise<Map<string, TimedLease>> {
  const ids = projections.flatMap(({ name }) => [name, `${name}~rebuild`])
  const stages = [{ $match: { _id: { $in: ids } } }, { $set: { now: '$$NOW', isHeld: { $gt: ['$until', '$$NOW'] } } }]
  return new Map((await leasesIn(db).aggregate<TimedLease>(stages).toArray()).map((at) => [at._id, at]))
}

function rebuildStatus({ version, position, isHeld, error, cause }: TimedLease): RebuildStatus {
  const state = isHeld ? 'running' : error ? 'failed' : 'abandoned'
  return { state, version, position, ...(cause && { cause }), ...(error && { error }) }
}

/** Seconds since the event at this position was recorded. */
async function ageOf(log: LogCollection, position: number, now: Date): Promise<number> {
  const append = await log.glanceAtOrBefore(position)
  return append ? Math.max(0, Math.round((now.getTime() - append.at.getTime()) / 100) / 10) : 0
}
