import { MerkleFrontier } from '../../proof/frontier.js'
import type { TreeHead } from '../../proof/checkpoint.js'
import { hashBytes } from '../../proof/tiles.js'
import { Disproved } from './disproved.js'
import { checkAlone, type EventRecord, leafHashOf } from './record.js'

/** An event, and the hash that was kept of its leaf, if one was. */
export interface Step {
  record: EventRecord
  kept?: Buffer
}

interface Suspect extends Step {
  kept: Buffer
}

/**
 * Goes through the events in order and builds the tree anew. Whenever it comes to the size of a checkpoint, the roots
 * must be the same. The hashes that were kept of single leaves lead to the very event when they are not; that they are
 * themselves what was signed shows at the next checkpoint: from the first difference on, a second tree is built of them.
 */
export class Walk {
  private readonly tree: MerkleFrontier
  private kept?: MerkleFrontier
  private suspect?: Suspect
  private finding?: Disproved
  private readonly heads: TreeHead[]

  /** Checkpoints that were opened, in any order. `tree` is where to begin, for a part of the log. */
  constructor(heads: readonly TreeHead[], tree = MerkleFrontier.empty()) {
    this.tree = tree
    this.heads = [...heads].sort((a, b) => a.size - b.size)
    this.compare()
  }

  get size(): number {
    return this.tree.size
  }

  get root(): Buffer {
    return this.tree.root()
  }

  take({ record, kept }: Step): void {
    const expected = this.tree.size + 1
    if (record.position > expected) throw this.worst(missing(expected, record.position - 1))
    if (record.position < expected)
      throw this.worst(new Disproved(`position ${record.position} is taken twice: an event was added`, record.position))
    this.explain({ record, kept })
    if (!this.finding && !this.suspect) checkAlone(record)
    const hash = leafHashOf(record)
    if (kept && !this.kept && !hash.equals(kept)) {
      this.kept = MerkleFrontier.restore(this.tree.size, this.tree.hashes)
      this.suspect = { record, kept }
    }
    this.tree.add(hash)
    this.kept?.add(kept ?? hash)
    this.compare()
  }

  /** Leaves that follow, each of them known to be what was kept, and to have nothing against it alone. */
  takeAsKept(hashes: Buffer): void {
    this.explain()
    for (let start = 0; start < hashes.length; start += hashBytes) {
      const hash = hashes.subarray(start, start + hashBytes)
      this.tree.add(hash)
      this.kept?.add(hash)
      this.compare()
    }
  }

  /** A checkpoint that comes after the events it is about. */
  meet(head: TreeHead): void {
    this.heads.unshift(head)
    this.compare()
  }

  /** The events have ended. Gives how many of them were signed. */
  end(): number {
    const [cut] = this.heads
    if (cut) throw this.worst(cutOff(this.tree.size, cut.size))
    this.explain()
    const finding = this.finding
    if (finding) throw finding // not signed yet, and yet not what was kept
    return this.tree.size
  }

  private compare(): void {
    for (let head = this.heads[0]; head && head.size <= this.tree.size; head = this.heads[0]) {
      this.heads.shift()
      if (head.size < this.tree.size)
        throw new Disproved(`a checkpoint of ${head.size} events came after event ${this.tree.size}`)
      if (head.size > 0 && !this.tree.root().equals(head.root)) throw this.judge(head)
      this.finding = this.suspect = this.kept = undefined // the events are what was signed, whatever was kept of them
    }
  }

  /** The events are not what was signed. If what was kept of them is, it tells which. */
  private judge(head: TreeHead): Disproved {
    this.explain()
    if (this.finding && this.kept?.root().equals(head.root)) return this.finding
    const where = this.finding ? `; the first that differs from what was kept: ${this.finding.message}` : ''
    return this.worst(
      new Disproved(
        `the first ${head.size} events are not those that ${head.origin} has signed${where}`,
        this.finding?.position,
      ),
    )
  }

  /** With the event after it, more can be said of one that is not what it was. */
  private explain(next?: Step): void {
    if (!this.suspect) return
    const { record, kept } = this.suspect
    this.suspect = undefined
    this.finding ??= new Disproved(difference({ record, kept }, next), record.position)
  }

  private worst(found: Disproved): Disproved {
    this.explain()
    return this.finding && (this.finding.position ?? 0) < (found.position ?? Infinity) ? this.finding : found
  }
}

function difference({ record, kept }: Suspect, next?: Step): string {
  const { position } = record
  if (next?.kept) {
    const itMoved = fits(record, next.record, next.kept)
    const otherMoved = fits(next.record, record, kept)
    if (itMoved && otherMoved) return `events ${position} and ${position + 1} have changed places`
    if (itMoved) return `the event that was at position ${position} is missing, and those after it have moved up`
    if (otherMoved) return `the event at position ${position} was added, and those after it have moved down`
  }
  try {
    checkAlone(record)
  } catch (error) {
    if (error instanceof Disproved) return error.message
  }
  return `event ${position} was changed`
}

/** Whether the event, in the place of another, would have this hash: with its own time and version or the other’s. */
function fits(record: EventRecord, place: EventRecord, hash: Buffer): boolean {
  const versions = record.stream === place.stream ? [record.version, place.version] : [record.version]
  const times = [record.at, place.at]
  return versions.some((version) =>
    times.some((at) => leafHashOf({ ...record, position: place.position, version, at }).equals(hash)),
  )
}

const missing = (from: number, to: number) =>
  new Disproved(from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`, from)

const cutOff = (size: number, signed: number) =>
  new Disproved(
    `the log ends at ${size}, but ${signed} events were signed: events ${size + 1} to ${signed} are missing`,
    size + 1,
  )
