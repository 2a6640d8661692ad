import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../../event-store/catalog.js'
import type { Aggregate } from '../../event-store/deciding/aggregate.js'

const filters = z.strictObject({
  stream: z.string().optional(),
  user: z.string().optional(),
  type: z.string().optional(),
  actor: z.string().optional(),
  since: z.date().optional(),
  until: z.date().optional(),
})

const read = {
  what: z.enum(['events', 'stream', 'user', 'chat', 'context', 'event-types', 'receipt', 'export', 'own-export']),
  /** The id of the one thing that was read: a stream, an account, a chat, a reply or a position. */
  of: z.string().optional(),
  filters: filters.optional(),
  /** The first and the last position that the answer may contain. */
  from: z.number().int().optional(),
  upTo: z.number().int(),
  /** Whether personal data was opened. */
  opened: z.boolean(),
}

/** Who read what in the log. Holds ids and stream names only, nothing of what was read. */
export const auditEvents = defineEvents({
  AuditRead: { data: read },
})

export type AuditEvents = typeof auditEvents
export type AuditRead = z.infer<z.ZodObject<typeof read>>

export const auditReads: Aggregate<{ readonly reads: number }, RecordedEventOf<AuditEvents>> = {
  initial: { reads: 0 },
  fold: 1,
  evolve: ({ reads }) => ({ reads: reads + 1 }),
}

/** Every read adds an event, even when the same read is repeated. */
export const recordRead = (data: AuditRead) => (): NewEventOf<AuditEvents>[] => [{ type: 'AuditRead', data }]
