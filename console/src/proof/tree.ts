import { type Bytes, concat, fromBase64, sha256, utf8 } from './bytes.js'

/** A proof that a log has a leaf (c2sp.org/tlog-proof). */
export interface LogProof {
  /** Of the leaf, from 0. */
  readonly index: number
  readonly hashes: readonly Bytes[]
  /** A signed note. */
  readonly checkpoint: string
}

/** One step from a leaf towards the root: its sibling, on which side it stands, and the hash of both. */
export interface PathStep {
  readonly sibling: Bytes
  readonly side: 'left' | 'right'
  readonly hash: Bytes
}

const firstLine = 'c2sp.org/tlog-proof@v1'

export function parseLogProof(text: string): LogProof {
  const end = text.indexOf('\n\n')
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (first !== firstLine) throw new Error(`this is no proof: it does not begin with ${firstLine}`)
  if (lines[0]?.startsWith('extra ')) lines.shift()
  const [, digits = ''] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? []
  const hashes = lines.map(fromBase64)
  if (digits === '' || !Number.isSafeInteger(Number(digits)) || hashes.some(({ length }) => length !== 32))
    throw new Error('this is no proof: its index or one of its hashes is missing')
  return { index: Number(digits), hashes, checkpoint: text.slice(end + 2) }
}

/** RFC 6962: the first byte distinguishes a leaf … */
export const leafHash = (leaf: string): Promise<Bytes> => sha256(concat(Uint8Array.of(0), utf8(leaf)))

/** … from two subtrees. */
const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(concat(Uint8Array.of(1), left, right))

/** RFC 6962, 2.1.1: the way up from a leaf; undefined when the proof does not fit index and size. */
export async function pathFrom(
  leaf: Bytes,
  { index, hashes }: Pick<LogProof, 'index' | 'hashes'>,
  size: number,
): Promise<PathStep[] | undefined> {
  if (index >= size) return undefined
  let [node, last, hash] = [index, size - 1, leaf]
  const path: PathStep[] = []
  for (const sibling of hashes) {
    if (last === 0) return undefined
    const side = node % 2 === 1 || node === last ? 'left' : 'right'
    hash = side === 'left' ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling)
    path.push({ sibling, side, hash })
    // Levels at which it has no sibling.
    if (side === 'left') for (; node % 2 === 0 && node !== 0; last = half(last)) node = half(node)
    node = half(node)
    last = half(last)
  }
  return last === 0 ? path : undefined
}

const half = (n: number): number => Math.floor(n / 2)
