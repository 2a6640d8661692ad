import type { Db } from 'mongodb'
import type { Engine } from '../event-store/engine.js'
import { lastPosition } from '../event-store/event.js'
import type { LogBatch } from '../event-store/log/feed.js'
import { LogReader } from '../event-store/log/log-reader.js'
import { Lease, renewEveryMs } from '../event-store/projecting/lease.js'
import { LeaseLoop, pauseAfter, untilLookedIntoMs } from '../event-store/projecting/lease-loop.js'
import { pause, yieldEvery } from '../event-store/timing.js'
import { treeHeadText } from '../proof/checkpoint.js'
import { type FullTile, type GrowingTree } from '../proof/growing-tree.js'
import { leafHash } from '../proof/hashes.js'
import { type NoteSigner, openNote, signNote } from '../proof/note.js'
import { hashBytes, tileWidth } from '../proof/tiles.js'
import { leafOf } from './leaf.js'
import { bytesOf, LogDiffers, type NotaryDocument, treeOf, type TreeStore } from './tree-store.js'

export interface NotaryOptions {
  /** The present key first; then an earlier one, while some verifiers have only that. */
  signers: readonly NoteSigner[]
  /** This process’s name in the lease. */
  processName: string
  onError?: (error: unknown) => void
  /** Called after each checkpoint. */
  onSigned?: (size: number) => void
}

/** Between two checkpoints, unless there is more to read at once: each costs durable writes. */
const restMs = 250

/** This process was given another key than the one that has signed so far. */
class KeyDiffers extends Error {
  override readonly name = 'KeyDiffers'

  constructor(last: string) {
    super(
      `NOTARY_KEY is not the key that has signed this log so far (${last}), so nothing is signed: ` +
        'correct it; to replace a key, set NOTARY_KEY_PREVIOUS to the old one; if that is lost, set a new NOTARY_ORIGIN',
    )
  }
}

/**
 * Reads the log as it grows, adds each event to the Merkle tree, and signs what the tree has become. Each step is
 * durable before the next: full tiles; then size and root, only from where this notary began (compare and swap); then
 * the signature of exactly these. So an origin has one line of sizes and roots, whichever process dies, and however
 * many notaries run: the second one finds that the tree has moved, and starts again from there. The lease only saves
 * double work.
 *
 * It signs nothing for a log that is shorter than the one it has signed, or that has another event at its end: that is
 * another log. Nor with a key that nobody has been told of.
 */
export class Notary {
  private readonly lease: Lease
  private readonly loop: LeaseLoop

  constructor(
    private readonly engine: Pick<Engine, 'log' | 'feed' | 'announcements'>,
    db: Db,
    private readonly trees: TreeStore,
    private readonly options: NotaryOptions,
  ) {
    this.lease = new Lease(db, 'notary', options.processName)
    this.loop = new LeaseLoop(this.lease, {
      acquire: async () => {
        await this.lease.ensure(1)
        return await this.lease.acquire()
      },
      askAgainMs: renewEveryMs,
      keepAlive: true,
      work: (_, signal) => this.followLog(signal),
      onFailure: (error) => this.recordFailure(error),
    })
  }

  start(): void {
    this.loop.start()
  }

  stop(): Promise<void> {
    return this.loop.stop()
  }

  /** Answers how long to wait before the next attempt. */
  private async recordFailure(failure: unknown): Promise<number> {
    this.options.onError?.(failure)
    const stored = { position: 0, message: String(failure), at: new Date() }
    await this.lease.change({ $set: { error: stored } }).catch(() => {}) // it is reported above
    return failure instanceof LogDiffers || failure instanceof KeyDiffers ? untilLookedIntoMs : pauseAfter(failure)
  }

  /** Until it is stopped, or another notary is faster. */
  private async followLog(signal: AbortSignal): Promise<void> {
    let at: NotaryDocument | null = await this.trees.ensure()
    const tree = treeOf(at)
    this.mustHaveAKeyOf(at)
    await this.mustHaveWhatWasSigned(at, tree)
    if (at.size > 0 && !this.isSigned(at)) await this.sign(at)
    await this.lease.change({ $unset: { error: 1 } })
    const reader = new LogReader(this.engine.feed, this.engine.announcements, signal, this.engine.feed.pace)
    while (at && !signal.aborted) {
      const began = Date.now()
      const batch = await reader.next(tree.size)
      if (batch.to === tree.size) continue
      at = await this.addBatch(at, tree, batch)
      if (!batch.full) await pause(restMs - (Date.now() - began), signal)
    }
  }

  /** With a key that has never signed for this origin, a change of keys would look like the work of somebody else. */
  private mustHaveAKeyOf({ keys = [] }: NotaryDocument): void {
    const own = this.options.signers.map(({ verifierKey }) => verifierKey)
    if (keys.length > 0 && !own.some((key) => keys.includes(key))) throw new KeyDiffers(keys.at(-1)!)
  }

  /** Throws LogDiffers unless the log still has the event that was signed last, at the same position. */
  private async mustHaveWhatWasSigned(at: NotaryDocument, tree: GrowingTree): Promise<void> {
    const { size } = at
    if (size === 0) return
    const append = await this.engine.log.appendAtOrBefore(size)
    if (!append || lastPosition(append) < size)
      throw new LogDiffers(`the log has ${append ? lastPosition(append) : 0} events, ${size} were signed; ${whatToDo}`)
    const last = tree.lastLeaf ?? (await this.trees.tile(at, 0, size / tileWidth - 1)).subarray(-hashBytes)
    if (!leafHash(leafOf(append, size - append._id)).equals(last))
      throw new LogDiffers(`event ${size} is not the one that was signed; ${whatToDo}`)
  }

  /** Null when another notary was faster. */
  private async addBatch(at: NotaryDocument, tree: GrowingTree, { appends }: LogBatch): Promise<NotaryDocument | null> {
    const full: FullTile[] = []
    const turn = yieldEvery()
    for (const append of appends) {
      for (let i = Math.max(0, tree.size + 1 - append._id); i < append.n; i++) {
        full.push(...tree.add(leafHash(leafOf(append, i))))
        await turn()
      }
    }
    await this.trees.storeTiles(full)
    // A crash here leaves tiles beyond the size. The next notary makes the same ones again.
    const moved = await this.trees.advance(at, tree)
    // A crash here leaves a size and root that are not signed. The next notary signs them.
    if (moved) await this.sign(moved)
    return moved
  }

  private async sign(at: NotaryDocument): Promise<void> {
    const note = signNote(this.textOf(at), this.options.signers)
    const keys = this.options.signers.map(({ verifierKey }) => verifierKey).toReversed()
    await this.trees.storeSignature(at, note, keys)
    this.options.onSigned?.(at.size)
  }

  private textOf({ size, root }: NotaryDocument): string {
    return treeHeadText({ origin: this.trees.origin, size, root: bytesOf(root) })
  }

  /** With the present key: after a change of keys, what was signed is signed again. */
  private isSigned(at: NotaryDocument): boolean {
    try {
      return openNote(at.note ?? '', [this.options.signers[0]!.verifierKey]) === this.textOf(at)
    } catch {
      return false
    }
  }
}

const whatToDo =
  'if it was restored from a backup, set NOTARY_ORIGIN to a name that it has not had yet; if not, it was changed: keep everything as it is and compare it with `npm run audit -- verify`'
