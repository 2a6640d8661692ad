import type { Db } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'

/** The log itself, whatever the service says of it: what a majority has. */
export const storedAppends = (db: Db): Promise<AppendDocument[]> =>
  db
    .collection<AppendDocument>('log')
    .find({}, { readConcern: { level: 'majority' } })
    .sort({ _id: 1 })
    .toArray()
