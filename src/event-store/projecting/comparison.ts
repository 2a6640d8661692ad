import { createHash } from 'node:crypto'
import { BSON, type Db } from 'mongodb'
import { decoded, documentsById, foreignDocuments, isSame } from './raw-documents.js'
import { partSize, suspectsIn } from './suspects.js'

/** A document of a live model that is not what the log says. Its values are left out: some are personal. */
export interface DifferingDocument {
  readonly id: string
  /** Added: no event made it. Missing: an event made it, and it is not there. */
  readonly what: 'changed' | 'added' | 'missing'
  /** Empty when only the order of the fields differs. */
  readonly fields: readonly string[]
}

export interface Difference {
  readonly differing: number
  /** The first ones. */
  readonly documents: readonly DifferingDocument[]
}

/** A fresh fold of the log, which follows the live model and is never ahead of it. */
interface FollowingFold {
  readonly collection: string
  position(): number
  /** Folds what the live model has by now, or all up to a position. */
  follow(until?: number): Promise<void>
  endOfLog(): Promise<number>
}

const mostUndecided = 10_000
const mostNamed = 1_000

/**
 * Compares a live model with a fresh fold of the log, while the live one goes on and is read.
 *
 * The live model always has everything up to the fold's position. So a document of it whose last event is not beyond
 * that position must equal the fold's. One with a later event is undecided until the fold has followed; the last ones
 * are decided in `finish`, while the live model stands still for a moment. Of both models a page is in memory.
 */
export class Comparison {
  private readonly undecided = new Map<string, number>()
  private readonly documents: DifferingDocument[] = []
  private differing = 0

  constructor(
    private readonly db: Db,
    private readonly live: string,
    private readonly fold: FollowingFold,
  ) {}

  /**
   * Looks at all documents. What a hand changes behind it while it runs is found by the next one. Returns the fold's
   * digest, or undefined if the fold had to follow before all of it was seen.
   */
  async run(): Promise<string | undefined> {
    const [digest, position] = [createHash('sha256'), this.fold.position()]
    const onPage = (page: readonly Uint8Array[]) => page.forEach((document) => digest.update(document))
    let most = mostUndecided
    for await (const ids of suspectsIn(this.db, this.live, this.fold.collection, onPage)) {
      await this.judge(ids)
      if (this.undecided.size <= most) continue
      await this.follow()
      most = Math.max(mostUndecided, this.undecided.size * 2) // those of a model that stands still stay undecided
    }
    const isStill = position === this.fold.position()
    for (const document of await foreignDocuments(this.db, this.live))
      this.add({ id: BSON.EJSON.stringify(decoded(document)._id), what: 'added', fields: [] })
    for (let before = Infinity; this.undecided.size > partSize && this.undecided.size < before;) {
      before = this.undecided.size
      await this.follow()
    }
    return isStill ? digest.digest('hex') : undefined
  }

  /**
   * Call it while neither model moves. A projector that died after a write leaves documents that are ahead of their
   * model: each is judged at its own position.
   */
  async finish(): Promise<Difference> {
    await this.judge([...this.undecided.keys()])
    for (const position of [...new Set(this.undecided.values())].sort((a, b) => a - b)) {
      await this.fold.follow(position)
      await this.judge([...this.undecided].filter(([, at]) => at === position).map(([id]) => id))
    }
    return { differing: this.differing, documents: this.documents }
  }

  private async follow(): Promise<void> {
    await this.fold.follow()
    await this.judge([...this.undecided.keys()])
  }

  private async judge(suspects: readonly string[]): Promise<void> {
    for (let start = 0; start < suspects.length; start += partSize) {
      const ids = suspects.slice(start, start + partSize)
      const [live, fold] = await Promise.all([this.byId(this.live, ids), this.byId(this.fold.collection, ids)])
      const end = await this.fold.endOfLog() // no event of these documents is beyond it
      for (const id of ids) {
        const last = live.get(id)?.decoded._position
        if (Number.isInteger(last) && this.fold.position() < Number(last) && Number(last) <= end) {
          this.undecided.set(id, Number(last))
          continue
        }
        this.undecided.delete(id)
        const difference = differenceOf(id, presentOf(live.get(id)), presentOf(fold.get(id)))
        if (difference) this.add(difference)
      }
    }
  }

  private add(document: DifferingDocument): void {
    if (++this.differing <= mostNamed) this.documents.push(document)
  }

  /** The database answers with at most 16 MB at once. */
  private async byId(collection: string, ids: readonly string[]): Promise<Map<string, Found>> {
    const found = new Map<string, Found>()
    for (let rest = ids; rest.length > 0;) {
      const documents = await documentsById(this.db, collection, rest)
      if (documents.length === 0) break
      for (const bytes of documents) {
        const document = decoded(bytes)
        found.set(String(document._id), { bytes, decoded: document })
      }
      rest = rest.filter((id) => !found.has(id))
    }
    return found
  }
}

interface Found {
  bytes: Uint8Array
  decoded: Record<string, unknown>
}

/** A document that was removed leaves its id for a day. */
const presentOf = (found?: Found) => (found?.decoded._removed === undefined ? found?.bytes : undefined)

function differenceOf(id: string, live?: Uint8Array, fold?: Uint8Array): DifferingDocument | undefined {
  if (!live || !fold) return live === fold ? undefined : { id, what: live ? 'added' : 'missing', fields: [] }
  if (isSame(live, fold)) return undefined
  const [ours, theirs] = [fieldsOf(live), fieldsOf(fold)]
  const names = [...new Set([...ours.keys(), ...theirs.keys()])]
  const differs = (name: string) => !isSame(ours.get(name) ?? nothing, theirs.get(name) ?? nothing)
  return { id, what: 'changed', fields: names.filter(differs) }
}

const nothing = Buffer.alloc(0)

/** Each field's value as BSON, so that 1 and 1.0 are not the same. */
const fieldsOf = (document: Uint8Array): Map<string, Uint8Array> =>
  new Map(Object.entries(decoded(document, false)).map(([name, of]) => [name, BSON.serialize({ of }, keepUndefined)]))

const keepUndefined = { ignoreUndefined: false }
