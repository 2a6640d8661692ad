import { Binary, type Collection, type Db } from 'mongodb'
import { majorityReads } from '../event-store/durability.js'
import type { LogCollection } from '../event-store/log/log-collection.js'
import { MerkleFrontier } from '../proof/frontier.js'
import { leafHash } from '../proof/hashes.js'
import { leafOf } from './leaf.js'

interface StoredFrontier {
  /** The number of leaves. */
  _id: number
  subtrees: Binary[]
}

/**
 * The Merkle root of the log at any position. It stores the frontier of each root that it has made, so that a later
 * root reads only the events after it.
 */
export class LogRoot {
  private readonly frontiers: Collection<StoredFrontier>

  constructor(
    db: Db,
    private readonly log: LogCollection,
  ) {
    this.frontiers = db.collection('log_roots', majorityReads)
  }

  readonly at = async (position: number): Promise<string> => {
    const frontier = await this.storedBelow(position)
    if (frontier.size < position) {
      await this.addEvents(frontier, position)
      await this.store(frontier)
    }
    return frontier.root().toString('hex')
  }

  private async addEvents(frontier: MerkleFrontier, upTo: number): Promise<void> {
    for await (const append of this.log.appendsFrom(frontier.size + 1)) {
      for (let i = frontier.size + 1 - append._id; i < append.n && frontier.size < upTo; i++) {
        frontier.add(leafHash(leafOf(append, i)))
      }
      if (frontier.size === upTo) return
    }
    throw new Error(`the log ends at ${frontier.size}, it has no root at ${upTo}`)
  }

  private async storedBelow(position: number): Promise<MerkleFrontier> {
    const [stored] = await this.frontiers
      .find({ _id: { $lte: position } })
      .sort({ _id: -1 })
      .limit(1)
      .toArray()
    return stored
      ? MerkleFrontier.restore(
          stored._id,
          stored.subtrees.map((subtree) => subtree.value()),
        )
      : MerkleFrontier.empty()
  }

  private async store(frontier: MerkleFrontier): Promise<void> {
    const subtrees = frontier.hashes.map((subtree) => new Binary(subtree))
    await this.frontiers.updateOne({ _id: frontier.size }, { $setOnInsert: { subtrees } }, { upsert: true })
  }
}
