import type { Db } from 'mongodb'
import { Notary } from '../../src/notary/notary.js'
import { TreeStore } from '../../src/notary/tree-store.js'
import type { Engine } from '../../src/event-store/engine.js'
import { noteSigner } from '../../src/proof/note.js'

/** The log's name in what every notary of these tests signs. */
export const origin = 'log.example/faults'

export const notaryOf = (engine: Engine, db: Db, seed: Buffer): Notary =>
  new Notary(engine, db, new TreeStore(db, origin), {
    signers: [noteSigner(origin, seed)],
    processName: `${process.pid}`,
    onError: (error) => console.error('notary', String(error)),
  })
