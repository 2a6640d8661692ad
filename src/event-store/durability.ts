import type { CollectionOptions, WriteConcernSettings } from 'mongodb'

/** Acknowledged means: on the disks of a majority. */
export const durable = { w: 'majority', j: true } as const satisfies WriteConcernSettings

/** What a decision or an answer is based on: only what a majority has, and from the primary. */
export const fromMajority = { readConcern: { level: 'majority' }, readPreference: 'primary' } as const satisfies CollectionOptions
