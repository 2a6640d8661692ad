import { MerkleFrontier } from '../../proof/frontier.js'
import type { TreeHead } from '../../proof/checkpoint.js'
import { hashBytes } from '../../proof/tiles.js'
import { checkEnvelope, type EventRecord, leafHashOf } from './event-record.js'
import { HashDifferences } from './hash-differences.js'
import { Faults } from './verification.js'
import { VerificationError } from './verification-error.js'

/** An event to check, and the hash that the notary stored for its leaf, if there is one. */
export interface CheckedEvent {
  record: EventRecord
  notaryHash?: Buffer
}

/**
 * Rebuilds the Merkle tree from the events, in order. When the tree reaches the size of a checkpoint, both roots must be
 * equal. If they are not, the leaf hashes that the notary stored show which events were changed. Those hashes are
 * trusted only if they lead to the signed root themselves: from the first difference on, a second tree is built from
 * them. When it leads to a signed root, the check goes on from there as if nothing had been wrong.
 */
export class TreeCheck {
  readonly faults = new Faults()
  private tree: MerkleFrontier
  /** The tree of the notary's hashes, from the first event that differs from its hash. */
  private notaryTree?: MerkleFrontier
  /** Whether the trees have a leaf for each position: not when events are missing, and their hashes, too. */
  private readonly isWhole = { tree: true, notaryTree: true }
  /** They count once a checkpoint confirms the notary's hashes. */
  private differences = new HashDifferences()
  /** How many events a checkpoint has confirmed, apart from the faults. */
  private confirmed: number
  /** The checkpoints that the tree has not reached yet, smallest first. */
  private readonly heads: TreeHead[]

  /** `heads` are opened checkpoints in any order. `tree` is the tree before the first event, for a part of the log. */
  constructor(heads: readonly TreeHead[], tree = MerkleFrontier.empty()) {
    this.tree = tree
    this.confirmed = tree.size
    this.heads = [...heads].sort((a, b) => a.size - b.size)
    this.compare()
  }

  get size(): number {
    return this.tree.size
  }

  get root(): Buffer {
    return this.tree.root()
  }

  /** The largest checkpoint that the tree has not reached yet. */
  get unreached(): number {
    return this.heads.at(-1)?.size ?? 0
  }

  /** Call `skip` first for positions that come before this event. */
  add({ record, notaryHash }: CheckedEvent): void {
    const { position } = record
    if (position <= this.size) return this.fail(takenTwice(position))
    const isSound = this.checkEnvelope(record)
    const hash = leafHashOf(record)
    const differs = notaryHash !== undefined && !hash.equals(notaryHash)
    this.differences.add(record, notaryHash, { differs, isKnown: !isSound })
    this.grow(hash, notaryHash ?? hash)
    this.compare()
  }

  /** Adds the next leaves, which are known to equal the notary's hashes and to be right by themselves. */
  addHashes(hashes: Buffer): void {
    this.differences.end()
    for (let start = 0; start < hashes.length; start += hashBytes) {
      const hash = hashes.subarray(start, start + hashBytes)
      this.grow(hash, hash)
      this.compare()
    }
  }

  /** The next events, up to this position, are missing. `hashes` are those that the notary stored of them, if known. */
  skip(to: number, hashes?: Buffer): void {
    this.differences.end()
    this.notaryTree ??= MerkleFrontier.restore(this.tree.size, this.tree.hashes)
    this.isWhole.tree = false
    this.isWhole.notaryTree &&= hashes !== undefined
    for (let start = 0; this.size < to; start += hashBytes) {
      this.grow(nothing, hashes?.subarray(start, start + hashBytes) ?? nothing)
      this.compare()
    }
  }

  /** Adds a checkpoint of all events so far. */
  addCheckpoint(head: TreeHead): void {
    this.heads.unshift(head)
    this.compare()
  }

  /** Call after the last event. */
  end(): void {
    this.differences.end()
    for (const fault of this.differences.all()) this.fail(fault) // no checkpoint covers the events yet
  }

  fail(fault: VerificationError): void {
    this.faults.add(fault, this.size + 1)
  }

  private grow(hash: Buffer, notaryHash: Buffer): void {
    if (!this.notaryTree && hash !== notaryHash && !hash.equals(notaryHash))
      this.notaryTree = MerkleFrontier.restore(this.tree.size, this.tree.hashes)
    this.tree.add(hash)
    this.notaryTree?.add(notaryHash)
  }

  private checkEnvelope(record: EventRecord): boolean {
    if (this.differences.areMoving) return true // its envelope is still that of its old place
    try {
      checkEnvelope(record)
      return true
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      this.fail(error)
      return false
    }
  }

  private compare(): void {
    for (let head = this.heads[0]; head && head.size <= this.tree.size; head = this.heads[0]) {
      this.heads.shift()
      if (head.size < this.tree.size)
        this.fail(new VerificationError(`a checkpoint of ${head.size} events came after event ${this.tree.size}`))
      else if (head.size > 0) this.compareWith(head)
    }
  }

  private compareWith(head: TreeHead): void {
    if (this.isWhole.tree && this.tree.root().equals(head.root)) {
      // The events are what was signed: where the stored hashes differ, they are wrong.
      this.goOn(this.tree, head)
    } else if (this.notaryTree && this.isWhole.notaryTree && this.notaryTree.root().equals(head.root)) {
      this.differences.end()
      for (const fault of this.differences.all()) this.fail(fault)
      this.goOn(this.notaryTree, head)
    } else this.failAt(head)
  }

  private goOn(tree: MerkleFrontier, { size }: TreeHead): void {
    this.tree = tree
    this.notaryTree = undefined
    this.differences = new HashDifferences()
    this.isWhole.tree = this.isWhole.notaryTree = true
    this.confirmed = size
  }

  /** Neither the events nor the notary's hashes lead to what was signed. */
  private failAt({ size, origin }: TreeHead): void {
    this.differences.end()
    const [first] = this.differences.all()
    const where = first ? `; the first one that differs from the stored hashes: ${first.message}` : ''
    const fault = this.isWhole.notaryTree
      ? new VerificationError(
          `the first ${size} events are not those that ${origin} has signed${where}`,
          first?.position,
        )
      : new VerificationError(
          `events are missing, and so are their hashes: what comes after event ${this.confirmed} cannot be compared with what was signed`,
        )
    this.faults.add(fault, size + 1, [this.confirmed + 1, size])
    this.differences = new HashDifferences()
  }
}

const nothing = Buffer.alloc(hashBytes)

const takenTwice = (position: number) =>
  new VerificationError(`position ${position} is taken twice: an event was added`, position)
