import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Certificate } from '../event-store/projecting/certificate.js'
import type { Aggregate } from '../event-store/deciding/aggregate.js'
import { Refused } from '../event-store/errors.js'

const projection = z.string()
const version = z.int()
const position = z.int()
const count = z.int()

/** What operators and schedules have done to the service. An operator’s reason may name people, so it is sealed. */
export const operationEvents = defineEvents({
  ProjectionPaused: { data: { projection } },
  ProjectionResumed: { data: { projection } },
  ProjectionRetried: { data: { projection, position } },
  EventSkipped: { data: { projection, version, position }, personal: { reason: z.string() } },
  ProjectionRebuildStarted: { data: { projection, version, rebuildId: z.string() } },
  ProjectionRebuilt: {
    data: {
      projection,
      version,
      rebuildId: z.string(),
      position,
      events: count,
      root: z.string(),
      digest: z.string(),
      skipped: z.array(position),
    },
  },
  RepliesReconciled: { data: { open: count, added: count } },
  RetentionRan: {
    data: { judgedAt: z.date(), tasks: z.array(z.strictObject({ task: z.string(), done: count, left: count })) },
  },
  MasterKeyRotated: { data: { master: z.string(), rewrapped: count, destroyed: count } },
})

export type OperationEvents = typeof operationEvents
export type OperationEvent = NewEventOf<OperationEvents>

/** What operators have decided about one projection. Whether it has failed is not among it: nobody decides that. */
export interface ProjectionDecisions {
  readonly isPaused: boolean
  readonly skipped: readonly { version: number; position: number }[]
  /** The rebuild that was started last, until it has succeeded. */
  readonly rebuilding: string | null
}

export const projectionDecisions: Aggregate<ProjectionDecisions, RecordedEventOf<OperationEvents>> = {
  initial: { isPaused: false, skipped: [], rebuilding: null },
  evolve(state, event) {
    switch (event.type) {
      case 'ProjectionPaused':
        return { ...state, isPaused: true }
      case 'ProjectionResumed':
        return { ...state, isPaused: false }
      case 'EventSkipped':
        return { ...state, skipped: [...state.skipped, { version: event.data.version, position: event.data.position }] }
      case 'ProjectionRebuildStarted':
        return { ...state, rebuilding: event.data.rebuildId }
      case 'ProjectionRebuilt':
        return state.rebuilding === event.data.rebuildId ? { ...state, rebuilding: null } : state
      case 'ProjectionRetried':
      case 'RepliesReconciled':
      case 'RetentionRan':
      case 'MasterKeyRotated':
        return state
    }
  },
}

/** Records that do not depend on each other, so there is no state. */
export const operationRecords: Aggregate<null, RecordedEventOf<OperationEvents>> = { initial: null, evolve: () => null }

export const pauseProjection =
  (name: string, failedAt: number | undefined) =>
  ({ isPaused }: ProjectionDecisions): OperationEvent[] => {
    if (failedAt !== undefined) throw projectionFailed(name, failedAt)
    return isPaused ? [] : [{ type: 'ProjectionPaused', data: { projection: name } }]
  }

export const resumeProjection =
  (name: string, failedAt: number | undefined) =>
  ({ isPaused }: ProjectionDecisions): OperationEvent[] => {
    if (failedAt !== undefined) throw projectionFailed(name, failedAt)
    return isPaused ? [{ type: 'ProjectionResumed', data: { projection: name } }] : []
  }

export const retryProjection = (name: string, failedAt: number | undefined) => (): OperationEvent[] => {
  if (failedAt === undefined) throw new Refused('not_failed', `${name} has not failed`)
  return [{ type: 'ProjectionRetried', data: { projection: name, position: failedAt } }]
}

export const skipEvent =
  (name: string, ofVersion: number, at: number, reason: string) =>
  ({ skipped }: ProjectionDecisions): OperationEvent[] => {
    if (skipped.some(({ version, position }) => version === ofVersion && position === at)) return []
    return [
      { type: 'EventSkipped', data: { projection: name, version: ofVersion, position: at }, personal: { reason } },
    ]
  }

/**
 * After the death of its process the same command starts the rebuild again. This record is in the log by then, and no
 * second one is added.
 */
export const recordRebuildStart = (name: string, to: number, rebuildId: string) => (): OperationEvent[] => [
  { type: 'ProjectionRebuildStarted', data: { projection: name, version: to, rebuildId } },
]

export const recordRebuildEnd = (rebuildId: string, found: Certificate) => (): OperationEvent[] => {
  const { projection: name, version: to, position: at, events, root, digest, skipped = [] } = found
  return [
    {
      type: 'ProjectionRebuilt',
      data: { projection: name, version: to, rebuildId, position: at, events, root, digest, skipped: [...skipped] },
    },
  ]
}

const projectionFailed = (name: string, failedAt: number) =>
  new Refused('projection_failed', `${name} has failed at event ${failedAt}: retry it, or skip the event`)
