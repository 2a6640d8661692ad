import { randomBytes } from 'node:crypto'
import { LogRoot } from '../../../src/notary/log-root.js'
import { Notary } from '../../../src/notary/notary.js'
import { TreeStore } from '../../../src/notary/tree-store.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { type AppendDocument, lastPosition } from '../../../src/event-store/event.js'
import { openCheckpoint, type TreeHead } from '../../../src/proof/checkpoint.js'
import { noteSigner } from '../../../src/proof/note.js'
import { command, eventually, Place } from '../event-store/engines.js'

/** A log of notebooks in a database of its own, and whoever signs it. */
export class SignedLog {
  readonly seed = randomBytes(32)
  readonly errors: unknown[] = []
  private readonly notaries: Notary[] = []
  private written = 0

  private constructor(
    readonly place: Place,
    readonly engine: Engine,
  ) {}

  static async begin(): Promise<SignedLog> {
    const place = await Place.find()
    const engine = await place.engine()
    await engine.vault.keyForFirstAppend('user-ann')
    return new SignedLog(place, engine)
  }

  trees(origin = 'log.example/notebooks'): TreeStore {
    return new TreeStore(this.place.db, origin)
  }

  key(origin = 'log.example/notebooks', seed = this.seed): string {
    return noteSigner(origin, seed).verifierKey
  }

  /** The first notary reads what its process has just written; each other one is in another process. */
  notary({
    origin = 'log.example/notebooks',
    seeds = [this.seed],
  }: { origin?: string; seeds?: Buffer[] } = {}): Notary {
    const { announcements, catalog, log } = this.engine
    const feed = this.notaries.length === 0 ? this.engine.feed : new Feed(log, catalog)
    const notary = new Notary({ log, feed, announcements }, this.place.db, this.trees(origin), {
      signers: seeds.map((seed) => noteSigner(origin, seed)),
      processName: randomBytes(4).toString('hex'),
      onError: (error) => this.errors.push(error),
    })
    this.notaries.push(notary)
    notary.start()
    return notary
  }

  /** Notebooks of five events in three appends each; gives the head. */
  async write(notebooks: number): Promise<number> {
    for (let i = 0; i < notebooks; i++) {
      const id = `n-${this.written++}`
      const note = (n: string) => ({
        type: 'NoteWritten',
        data: { notebookId: id, noteId: `${id}-${n}`, ownerId: 'user-ann' },
        personal: { text: `words ${id} ${n}` },
      })
      const append = (expected: number, events: object[]) =>
        this.engine.store.append({
          stream: `notebook-${id}`,
          expected,
          owner: 'user-ann',
          events: events as never,
          meta: command(),
        })
      await append(0, [
        { type: 'NotebookOpened', data: { notebookId: id, ownerId: 'user-ann' }, personal: { title: id } },
      ])
      await append(1, [note('a'), note('b'), note('c')])
      await append(4, [{ type: 'NoteTornOut', data: { notebookId: id, noteId: `${id}-b` } }])
    }
    return this.engine.store.head()
  }

  /** Waits for a checkpoint of at least this size. */
  async signed(size: number, origin?: string, key = this.key(origin)): Promise<{ head: TreeHead; note: string }> {
    const notes = async () => (await this.trees(origin).read())?.note ?? ''
    const note = await eventually(notes, (text) => isSigned(text, key) && openCheckpoint(text, [key]).size >= size)
    return { head: openCheckpoint(note, [key]), note }
  }

  /** The root over the first events, from the events themselves. */
  async rootAt(size: number): Promise<string> {
    await this.place.db.collection('log_roots').deleteMany({})
    return await new LogRoot(this.place.db, this.engine.log).at(size)
  }

  get log() {
    return this.place.db.collection<AppendDocument>('log')
  }

  /** The append that an event is in. */
  async appendAt(position: number): Promise<AppendDocument> {
    const [append] = await this.log
      .find({ _id: { $lte: position } })
      .sort({ _id: -1 })
      .limit(1)
      .toArray()
    if (!append || lastPosition(append) < position) throw new Error(`there is no event ${position}`)
    return append
  }

  /** As somebody with a driver and nothing else writes it: a copy of the first append, changed. */
  async forged(change: Partial<AppendDocument>): Promise<AppendDocument> {
    return { ...(await this.appendAt(1)), ...change }
  }

  /** Another event in the place of one, as in another log: the service itself has written it. */
  async replaceAt(position: number): Promise<void> {
    const { _id, ...append } = await this.appendAt(position)
    const meta = { ...append.meta, actor: 'somebody else' }
    await this.log.replaceOne({ _id }, this.engine.log.withMac({ _id, ...append, meta }))
  }

  async end(): Promise<void> {
    await Promise.all(this.notaries.map((notary) => notary.stop()))
    await this.place.leave()
  }
}

function isSigned(note: string, key: string): boolean {
  try {
    openCheckpoint(note, [key])
    return true
  } catch {
    return false // not yet, or not by this one yet
  }
}
