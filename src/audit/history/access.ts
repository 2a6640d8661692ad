import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../../event-store/catalog.js'
import type { Aggregate } from '../../event-store/deciding/decider.js'

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
  /** The id of what was read, where it is one thing: a stream, an account, a chat, a reply, a position. */
  of: z.string().optional(),
  filters: filters.optional(),
  /** The first and the last position that may have been shown. */
  from: z.number().int().optional(),
  upTo: z.number().int(),
  /** Whether personal words were opened. */
  opened: z.boolean(),
}

/** Who has read what of the log. Ids and names of streams only: an access tells nothing that it is about. */
export const auditEvents = defineEvents({
  AuditRead: { data: read },
})

export type AuditEvents = typeof auditEvents
export type Access = z.infer<z.ZodObject<typeof read>>

export const accesses: Aggregate<{ readonly reads: number }, RecordedEventOf<AuditEvents>> = {
  initial: { reads: 0 },
  fold: 1,
  evolve: ({ reads }) => ({ reads: reads + 1 }),
}

/** Every read is one more, also the same once again. */
export const recordRead = (access: Access) => (): NewEventOf<AuditEvents>[] => [{ type: 'AuditRead', data: access }]
