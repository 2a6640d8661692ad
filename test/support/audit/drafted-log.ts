import { randomBytes } from 'node:crypto'
import { exportLine, type SealedPlaintext } from '../../../src/audit/export/export-line.js'
import { openPersonal, sealPersonal } from '../../../src/event-store/sealing/envelope.js'
import { type AppendDocument, lastPosition } from '../../../src/event-store/event.js'
import { leafOf } from '../../../src/notary/leaf.js'
import { treeHeadText } from '../../../src/proof/checkpoint.js'
import { MerkleFrontier } from '../../../src/proof/frontier.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { edgeOf, inclusionProof } from '../../../src/proof/merkle-proofs.js'
import { noteSigner, signNote } from '../../../src/proof/note.js'
import { rootOfComplete } from '../../../src/proof/tiles.js'

/** A log that no database has, and what signs it: its exports are verified as quickly as they are drafted. */
export class DraftedLog {
  readonly origin = 'log.example/drafted'
  readonly signer = noteSigner(this.origin, randomBytes(32))
  readonly appends: AppendDocument[] = []
  private readonly key = randomBytes(32)

  get size(): number {
    return this.appends.length === 0 ? 0 : lastPosition(this.appends.at(-1)!)
  }

  /** One append to a stream. Each event says something in an envelope, unless none is wanted. */
  write(stream: string, texts: readonly string[], { isSealed = true } = {}): void {
    const version = this.appends.filter((append) => append.stream === stream).reduce((sum, { n }) => sum + n, 1)
    const events = texts.map((text, i) => {
      const header = { stream, version: version + i, type: 'NoteWritten', shape: 1 }
      const sealed = isSealed && sealPersonal(this.key, header, { text })
      return { type: 'NoteWritten', shape: 1, data: { noteId: text }, ...sealed }
    })
    const [_id, n, at] = [this.size + 1, texts.length, new Date(1_700_000_000_000 + this.size)]
    this.appends.push({ _id, n, stream, version, at, meta: { actor: 'user-ann', commandId: `c-${_id}` }, events })
  }

  /** The lines of the events between two positions, both included, as they are exported. */
  lines(from = 1, upTo = this.size, more: { open?: boolean; proofs?: readonly (readonly string[])[] } = {}): string[] {
    return this.appends
      .flatMap((append) => append.events.map((_, i) => ({ append, i, position: append._id + i })))
      .filter(({ position }) => position >= from && position <= upTo)
      .map(({ append, i, position }) =>
        exportLine(append, i, {
          opened: more.open ? this.opened(append, i) : undefined,
          proof: more.proofs?.[position - 1],
        }),
      )
  }

  /** The line with the hashes that the notary has stored of these events. */
  leaves(from = 1, upTo = this.size): string {
    return JSON.stringify({ from, leaves: Buffer.concat(this.hashes.slice(from - 1, upTo)).toString('base64') })
  }

  /** The first line of an export that begins after a position. */
  async head(after = 0): Promise<string> {
    const edge = (await edgeOf(after, this.subtree)).map((hash) => hash.toString('base64'))
    return JSON.stringify({ export: 'verbatim@v1', origin: this.origin, keys: this.keys, after, edge })
  }

  get keys(): string[] {
    return [this.signer.verifierKey]
  }

  /** What was signed of the first events. */
  note(size = this.size, origin = this.origin): string {
    return signNote(treeHeadText({ origin, size, root: this.rootAt(size) }), [this.signer])
  }

  checkpoint(size = this.size): string {
    return JSON.stringify({ checkpoint: this.note(size) })
  }

  rootAt(size: number): Buffer {
    const tree = MerkleFrontier.empty()
    for (const hash of this.hashes.slice(0, size)) tree.add(hash)
    return tree.root()
  }

  /** Of each event, its path to the root. */
  async proofs(size = this.size): Promise<string[][]> {
    const paths = Array.from({ length: size }, (_, index) => inclusionProof(index, size, this.subtree))
    return (await Promise.all(paths)).map((path) => path.map((hash) => hash.toString('base64')))
  }

  private get hashes(): Buffer[] {
    return this.appends.flatMap((append) => append.events.map((_, i) => leafHash(leafOf(append, i))))
  }

  private readonly subtree = async (level: number, index: number) =>
    rootOfComplete(this.hashes.slice(index * 2 ** level, (index + 1) * 2 ** level))

  private opened(append: AppendDocument, index: number): SealedPlaintext | undefined {
    const { personal: envelope } = append.events[index]!
    if (!envelope) return undefined
    const { personal, salt } = openPersonal(this.key, envelope)
    return { original: personal, salt }
  }
}
