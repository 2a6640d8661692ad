import type { Db } from 'mongodb'
import { Lease, renewEveryMs } from '../event-store/projecting/lease.js'
import type { Engine } from '../event-store/engine.js'
import { lastPosition } from '../event-store/event.js'
import { LogCollection } from '../event-store/log/log-collection.js'
import { LogReader } from '../event-store/log/log-reader.js'
import { pause } from '../event-store/timing.js'
import type { LogBatch } from '../event-store/log/feed.js'
import { treeHeadText } from '../proof/checkpoint.js'
import { type FullTile, type GrowingTree } from '../proof/growing-tree.js'
import { leafHash } from '../proof/hashes.js'
import { type NoteSigner, openNote, signNote } from '../proof/note.js'
import { hashBytes, tileWidth } from '../proof/tiles.js'
import { leafOf } from './leaf.js'
import { LogDiffers } from './log-differs.js'
import { bytesOf, type NotaryDocument, treeOf, type TreeStore } from './tree-store.js'

export interface NotaryOptions {
  /** The present key first; one that was before it, while verifiers still have only that. */
  signers: readonly NoteSigner[]
  /** This process’s name in the lease. */
  processName: string
  onError?: (error: unknown) => void
  /** Told of each checkpoint. */
  onSigned?: (size: number) => void
}

/** Between two checkpoints, unless there is more to read at once: each costs durable writes. */
const restMs = 250
const lookIntoItAgainMs = 5_000

/**
 * Reads the log as it grows, adds each event to the Merkle tree, and signs what the tree has become. In this order,
 * each step durable before the next: full tiles, then size and root (only from where it began: compare and swap),
 * then the signature of exactly these. So there is one line of sizes and roots per origin, whatever dies where and
 * however many notaries live: a second one finds the place taken and starts again from there.
 *
 * What a crash leaves: tiles that will be made again, the same; or a size and root not signed yet, which whoever is
 * next signs. The lease only saves double work.
 *
 * It signs nothing for a log that is shorter than what it has signed, or that ends otherwise: that is another log.
 */
export class Notary {
  private readonly lease: Lease
  private readonly log: LogCollection
  private readonly stopping = new AbortController()
  private running = Promise.resolve()

  constructor(
    private readonly engine: Pick<Engine, 'feed' | 'announcements'>,
    db: Db,
    private readonly trees: TreeStore,
    private readonly options: NotaryOptions,
  ) {
    this.lease = new Lease(db, 'notary', options.processName)
    this.log = new LogCollection(db)
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      try {
        await this.lease.ensure(1)
        if (await this.lease.acquire()) await this.work()
        else await pause(renewEveryMs, signal)
      } catch (error) {
        this.options.onError?.(error)
        await this.lease
          .change({ $set: { error: { position: 0, message: String(error), at: new Date() } } })
          .catch(() => {}) // it is told above
        await pause(error instanceof LogDiffers ? lookIntoItAgainMs : 200, signal)
      }
    }
    await this.lease.release().catch(() => {}) // or it runs out by itself
  }

  /** Until it is stopped, or somebody else is faster. */
  private async work(): Promise<void> {
    const letGo = this.lease.keepAlive()
    try {
      let at: NotaryDocument | null = await this.trees.begin()
      const tree = treeOf(at)
      await this.compare(at, tree)
      if (at.size > 0 && !this.isSigned(at)) await this.sign(at)
      await this.lease.change({ $unset: { error: 1 } })
      const reader = new LogReader(this.engine.feed, this.engine.announcements, this.stopping.signal)
      while (at && !this.stopping.signal.aborted) {
        const began = Date.now()
        const batch = await reader.next(tree.size)
        if (batch.to === tree.size) continue
        at = await this.witness(at, tree, batch)
        if (!batch.full) await pause(restMs - (Date.now() - began), this.stopping.signal)
      }
    } finally {
      letGo()
    }
  }

  /** The log still has what was signed last, where it was. */
  private async compare(at: NotaryDocument, tree: GrowingTree): Promise<void> {
    const { size } = at
    if (size === 0) return
    const append = await this.log.appendAtOrBefore(size)
    if (!append || lastPosition(append) < size)
      throw new LogDiffers(`the log has ${append ? lastPosition(append) : 0} events, ${size} were signed; ${newOrigin}`)
    const last = tree.lastLeaf ?? (await this.trees.tile(at, 0, size / tileWidth - 1)).subarray(-hashBytes)
    if (!leafHash(leafOf(append, size - append._id)).equals(last))
      throw new LogDiffers(`event ${size} is not the one that was signed; ${newOrigin}`)
  }

  /** Null when somebody else was faster. */
  private async witness(at: NotaryDocument, tree: GrowingTree, { appends }: LogBatch): Promise<NotaryDocument | null> {
    const full: FullTile[] = []
    for (const append of appends) {
      for (let i = Math.max(0, tree.size + 1 - append._id); i < append.n; i++)
        full.push(...tree.add(leafHash(leafOf(append, i))))
    }
    await this.trees.keep(full)
    const moved = await this.trees.advance(at, tree)
    if (moved) await this.sign(moved)
    return moved
  }

  private async sign(at: NotaryDocument): Promise<void> {
    const note = signNote(this.textOf(at), this.options.signers)
    await this.trees.signed(at, note, this.options.signers.map(({ verifierKey }) => verifierKey).toReversed())
    this.options.onSigned?.(at.size)
  }

  private textOf({ size, root }: NotaryDocument): string {
    return treeHeadText({ origin: this.trees.origin, size, root: bytesOf(root) })
  }

  /** With the present key: after a change of keys what was signed is signed again. */
  private isSigned(at: NotaryDocument): boolean {
    try {
      return openNote(at.note ?? '', [this.options.signers[0]!.verifierKey]) === this.textOf(at)
    } catch {
      return false
    }
  }
}

const newOrigin =
  'if it was restored from a backup, set NOTARY_ORIGIN to a name it has not had yet; if not, somebody has changed it: keep everything as it is and compare it with `npm run audit -- verify`'
