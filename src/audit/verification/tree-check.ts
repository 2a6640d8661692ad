import { MerkleFrontier } from '../../proof/frontier.js'
import type { TreeHead } from '../../proof/checkpoint.js'
import { hashBytes } from '../../proof/tiles.js'
import { VerificationError } from './verification-error.js'
import { checkEnvelope, type EventRecord, leafHashOf } from './event-record.js'

/** An event to check, and the hash that the notary stored for its leaf, if there is one. */
export interface CheckedEvent {
  record: EventRecord
  notaryHash?: Buffer
}

interface Suspect extends CheckedEvent {
  notaryHash: Buffer
}

/**
 * Rebuilds the Merkle tree from the events, in order. When the tree reaches the size of a checkpoint, both roots must be
 * equal. If they are not, the leaf hashes that the notary stored show which event was changed. Those hashes are trusted
 * only if they lead to the signed root themselves: from the first difference on, a second tree is built from them.
 */
export class TreeCheck {
  private readonly tree: MerkleFrontier
  /** The tree of the notary's hashes, from the first event that differs from its hash. */
  private notaryTree?: MerkleFrontier
  /** The first event that differs from its hash, until the event after it is known. */
  private suspect?: Suspect
  /** What is wrong with the first event that differs. It counts once a checkpoint confirms the notary's hashes. */
  private finding?: VerificationError
  /** The checkpoints that the tree has not reached yet, smallest first. */
  private readonly heads: TreeHead[]

  /** `heads` are opened checkpoints in any order. `tree` is the tree before the first event, for a part of the log. */
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

  add({ record, notaryHash }: CheckedEvent): void {
    const expected = this.tree.size + 1
    if (record.position > expected) throw this.earliest(missing(expected, record.position - 1))
    if (record.position < expected)
      throw this.earliest(
        new VerificationError(`position ${record.position} is taken twice: an event was added`, record.position),
      )
    this.resolveSuspect({ record, notaryHash })
    if (!this.finding && !this.suspect) checkEnvelope(record)
    const hash = leafHashOf(record)
    if (notaryHash && !this.notaryTree && !hash.equals(notaryHash)) {
      this.notaryTree = MerkleFrontier.restore(this.tree.size, this.tree.hashes)
      this.suspect = { record, notaryHash }
    }
    this.tree.add(hash)
    this.notaryTree?.add(notaryHash ?? hash)
    this.compare()
  }

  /** Adds the next leaves, which are known to equal the notary's hashes and to be right by themselves. */
  addHashes(hashes: Buffer): void {
    this.resolveSuspect()
    for (let start = 0; start < hashes.length; start += hashBytes) {
      const hash = hashes.subarray(start, start + hashBytes)
      this.tree.add(hash)
      this.notaryTree?.add(hash)
      this.compare()
    }
  }

  /** Adds a checkpoint of all events so far. */
  addCheckpoint(head: TreeHead): void {
    this.heads.unshift(head)
    this.compare()
  }

  /** Call after the last event. Returns the number of events. */
  end(): number {
    const [unreached] = this.heads
    if (unreached) throw this.earliest(cutOff(this.tree.size, unreached.size))
    this.resolveSuspect()
    const finding = this.finding
    if (finding) throw finding // no checkpoint covers the event yet, but it differs from the notary's hash
    return this.tree.size
  }

  private compare(): void {
    for (let head = this.heads[0]; head && head.size <= this.tree.size; head = this.heads[0]) {
      this.heads.shift()
      if (head.size < this.tree.size)
        throw new VerificationError(`a checkpoint of ${head.size} events came after event ${this.tree.size}`)
      if (head.size > 0 && !this.tree.root().equals(head.root)) throw this.rootMismatch(head)
      this.finding = this.suspect = this.notaryTree = undefined // the events are what was signed: the stored hashes were wrong
    }
  }

  /** The events are not what was signed. If the notary's hashes are, they show which event was changed. */
  private rootMismatch(head: TreeHead): VerificationError {
    this.resolveSuspect()
    if (this.finding && this.notaryTree?.root().equals(head.root)) return this.finding
    const where = this.finding ? `; the first one that differs from the stored hashes: ${this.finding.message}` : ''
    return this.earliest(
      new VerificationError(
        `the first ${head.size} events are not those that ${head.origin} has signed${where}`,
        this.finding?.position,
      ),
    )
  }

  /** Turns the suspect into a finding. The event after it shows whether events moved. */
  private resolveSuspect(next?: CheckedEvent): void {
    if (!this.suspect) return
    const { suspect } = this
    this.suspect = undefined
    this.finding ??= new VerificationError(difference(suspect, next), suspect.record.position)
  }

  /** The finding, if it comes before this error. */
  private earliest(found: VerificationError): VerificationError {
    this.resolveSuspect()
    return this.finding && (this.finding.position ?? 0) < (found.position ?? Infinity) ? this.finding : found
  }
}

function difference({ record, notaryHash }: Suspect, next?: CheckedEvent): string {
  const { position } = record
  if (next?.notaryHash) {
    const movedUp = matches(record, next.record, next.notaryHash)
    const nextMovedDown = matches(next.record, record, notaryHash)
    if (movedUp && nextMovedDown) return `events ${position} and ${position + 1} have changed places`
    if (movedUp) return `the event that was at position ${position} is missing, and those after it have moved up`
    if (nextMovedDown) return `the event at position ${position} was added, and those after it have moved down`
  }
  return `event ${position} was changed`
}

/** Whether the event would have this hash at the other one's position, with its own or the other's time and version. */
function matches(record: EventRecord, other: EventRecord, hash: Buffer): boolean {
  const versions = record.stream === other.stream ? [record.version, other.version] : [record.version]
  const times = [record.at, other.at]
  return versions.some((version) =>
    times.some((at) => leafHashOf({ ...record, position: other.position, version, at }).equals(hash)),
  )
}

const missing = (from: number, to: number) =>
  new VerificationError(from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`, from)

const cutOff = (size: number, signed: number) =>
  new VerificationError(
    `the log ends at ${size}, but ${signed} events were signed: events ${size + 1} to ${signed} are missing`,
    size + 1,
  )
