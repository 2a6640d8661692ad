import type { AppendDocument } from '../../../src/event-store/event.js'
import { leafOf } from '../../../src/notary/leaf.js'
import type { NotaryDocument } from '../../../src/notary/tree-store.js'
import { treeHead } from '../../../src/proof/checkpoint.js'
import { MerkleFrontier } from '../../../src/proof/frontier.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { tileWidth } from '../../../src/proof/tiles.js'
import type { Doc } from './query-language.js'
import type { Simulation } from './simulation.js'

/**
 * What DESIGN.md promises of the signed tree, looked at with every change: sizes and roots are those of one log, they
 * never shrink, tiles are durable before the size that needs them, and nothing is signed that is not so.
 */
export class TreeInvariants {
  private readonly leaves: Buffer[] = []
  private readonly frontier = MerkleFrontier.empty()
  private readonly roots = new Map([[0, MerkleFrontier.empty().root().toString('base64')]])

  constructor(
    private readonly simulation: Simulation,
    readonly origin: string,
    private readonly leafAt: (append: AppendDocument, index: number) => Buffer = (append, i) =>
      leafHash(leafOf(append, i)),
  ) {
    simulation.replicaSet.watch(({ collection, before, after }, what) => {
      if (collection === 'log' && what === 'durable') this.extend(after as unknown as AppendDocument)
      if (what === 'taken back') return
      if (collection === 'notary') this.expectOneLine(before as never, after as unknown as NotaryDocument)
      if (collection === 'tiles') this.expectTile(after!)
    })
  }

  /** The size that is signed, as a majority has it. */
  get signedSize(): number {
    const document = this.simulation.replicaSet.contents('notary', 'durable').get(this.origin)
    const { note } = (document ?? {}) as { note?: string }
    return note === undefined ? 0 : treeHead(note).size
  }

  private extend(append: AppendDocument): void {
    for (let i = 0; i < append.n; i++) {
      const leaf = this.leafAt(append, i)
      this.leaves.push(leaf)
      this.frontier.add(leaf)
    }
    this.roots.set(this.frontier.size, this.frontier.root().toString('base64'))
  }

  private expectOneLine(before: NotaryDocument | undefined, after: NotaryDocument): void {
    const expect = (isSo: boolean, otherwise: () => string) => this.simulation.expect(isSo, otherwise)
    const { note } = after
    const lastNote = before?.note
    expect(after.size >= (before?.size ?? 0), () => `the tree has shrunk from ${before?.size} to ${after.size}`)
    expect(
      this.roots.get(after.size) === Buffer.from(after.root.value()).toString('base64'),
      () => `the tree of ${after.size} is not the log's`,
    )
    for (let index = 0; index < Math.floor(after.size / tileWidth); index++) {
      const isThere = this.simulation.replicaSet.contents('tiles', 'durable').has(`${this.origin} 0/${index}`)
      expect(isThere, () => `the tree has ${after.size} leaves before tile ${index} is durable`)
    }
    if (note === undefined || note === lastNote) return
    const signed = treeHead(note)
    expect(signed.size <= after.size, () => `${signed.size} is signed of a tree of ${after.size}`)
    expect(!lastNote || treeHead(lastNote).size <= signed.size, () => `a smaller head is signed: ${signed.size}`)
    expect(
      this.roots.get(signed.size) === signed.root.toString('base64'),
      () => `what is signed of ${signed.size} is not the log's`,
    )
  }

  private expectTile({ _id, hashes }: Doc): void {
    const [level, index] = String(_id)
      .slice(this.origin.length + 1)
      .split('/')
      .map(Number) as [number, number]
    if (level > 0) return
    const expected = Buffer.concat(this.leaves.slice(index * tileWidth, (index + 1) * tileWidth))
    const isSame = Buffer.from((hashes as { value(): Uint8Array }).value()).equals(expected)
    this.simulation.expect(isSame, () => `tile ${String(_id)} is not the log's`)
  }
}
