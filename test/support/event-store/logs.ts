import type { Db } from 'mongodb'
import { AppendMacs } from '../../../src/event-store/log/append-macs.js'
import { LogCollection } from '../../../src/event-store/log/log-collection.js'
import type { LogSecret } from '../../../src/event-store/sealing/log-secret.js'

const secretFromBefore = { key: Buffer.alloc(32, 7), macsFrom: undefined, readMacsFrom: async () => undefined }

/** Of a log from before MACs: what tests put in is believed. */
export const macsFromBefore = () => new AppendMacs(secretFromBefore)

/** The log as a process reads that has this secret; without one, a log from before MACs. */
export const logIn = (db: Db, secret: Pick<LogSecret, 'key' | 'macsFrom' | 'readMacsFrom'> = secretFromBefore) =>
  new LogCollection(db, new AppendMacs(secret))
