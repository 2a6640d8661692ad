import type { Db } from 'mongodb'
import { coalesce, oncePer } from './coalesce.js'
import { durableWriteConcern, primaryTermOf } from './durability.js'

/** The database was restarted while a stream was read: what was read may be gone. Another try reads it anew. */
export class ReadNotDurable extends Error {
  constructor() {
    super('the database was restarted while a stream was read')
  }
}

/**
 * What a decision is based on must not disappear. On a replica set majority reads see to that. A standalone mongod also
 * shows what is not in its journal yet: if it crashes then, another append gets that position, and a process that has
 * waited for the restart would go on with an append that is gone. So what was read from a standalone is made durable
 * before it is used: the journal is flushed, and it is checked that the mongod is still the same process.
 *
 * That costs two requests, but hardly ever: nothing up to a position that is known to be durable, because this process
 * has committed it or another one has announced it.
 */
export class DurableReads {
  private known = 0
  private term?: string
  private readonly flush: (item: undefined) => Promise<string>
  private readonly isReplicated: boolean

  constructor(db: Db) {
    this.isReplicated = durableWriteConcern(db).w === 'majority'
    this.flush = coalesce(async (items) => {
      const flushed = await flushJournal(db)
      return items.map(() => flushed)
    })
  }

  /** All positions up to this one are durable. */
  note(position: number): void {
    if (position > this.known) this.known = position
  }

  /** Reads until what it has read is durable. `newestOf` says the newest position in it. */
  async repeat<T>(read: () => Promise<T>, newestOf: (found: T) => number): Promise<T> {
    if (this.isReplicated) return await read()
    for (;;) {
      const began = await this.begin()
      const found = await read()
      if (await this.isDurable(began, newestOf(found))) return found
    }
  }

  /** For a read that cannot be repeated. */
  async once<T>(read: () => Promise<T>, newestOf: (found: T) => number): Promise<T> {
    if (this.isReplicated) return await read()
    const began = await this.begin()
    const found = await read()
    if (await this.isDurable(began, newestOf(found))) return found
    throw new ReadNotDurable()
  }

  private async begin(): Promise<string> {
    return (this.term ??= await this.flush(undefined))
  }

  private async isDurable(began: string, newest: number): Promise<boolean> {
    if (newest <= this.known) return true
    this.term = await this.flush(undefined)
    if (this.term !== began) return false
    this.note(newest)
    return true
  }
}

/** All that read one database share what is known of it. */
export const durableReadsOf = oncePer((db: Db) => new DurableReads(db))

/** Answers which process has flushed its journal. An update that finds nothing waits for the journal like any other. */
async function flushJournal(db: Db): Promise<string> {
  await db.command({
    update: 'log',
    updates: [{ q: { _id: 0 }, u: { $set: { n: 0 } } }],
    writeConcern: durableWriteConcern(db),
  })
  return primaryTermOf(db)
}
