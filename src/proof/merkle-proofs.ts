import { emptyRoot, nodeHash } from './hashes.js'

/** The hash over the leaves from index · 2^level, 2^level of them: a complete subtree. */
export type CompleteSubtree = (level: number, index: number) => Promise<Buffer>

/** The size of a tree’s left part: the largest complete tree that is smaller than the whole tree of `size` leaves. */
function leftPart(size: number): number {
  let left = 1
  while (left * 2 < size) left *= 2
  return left
}

/** RFC 6962, 2.1: the hash over `size` leaves from `start` on, which MUST be where the recursion divides the tree. */
async function hashOver(start: number, size: number, subtree: CompleteSubtree): Promise<Buffer> {
  if (size === 0) return emptyRoot
  const level = Math.log2(size)
  if (Number.isInteger(level)) return subtree(level, start / size)
  const left = leftPart(size)
  return nodeHash(
    ...(await Promise.all([hashOver(start, left, subtree), hashOver(start + left, size - left, subtree)])),
  )
}

export const rootOf = (size: number, subtree: CompleteSubtree): Promise<Buffer> => hashOver(0, size, subtree)

/** The complete subtrees of a tree, largest first: those of a `MerkleFrontier`. */
export async function edgeOf(size: number, subtree: CompleteSubtree): Promise<Buffer[]> {
  const edge: Promise<Buffer>[] = []
  for (let [start, width] = [0, leftPart(size + 1)]; start < size; width /= 2) {
    if (start + width > size) continue
    edge.push(subtree(Math.log2(width), start / width))
    start += width
  }
  return Promise.all(edge)
}

/** RFC 6962, 2.1.1: the proof that leaf `index` is in the tree of `size` leaves, from the leaf’s sibling upwards. */
export async function inclusionProof(index: number, size: number, subtree: CompleteSubtree): Promise<Buffer[]> {
  const path: Promise<Buffer>[] = []
  for (let [start, rest] = [0, size]; rest > 1;) {
    const left = leftPart(rest)
    if (index < start + left) {
      path.unshift(hashOver(start + left, rest - left, subtree))
      rest = left
    } else {
      path.unshift(hashOver(start, left, subtree))
      start += left
      rest -= left
    }
  }
  return Promise.all(path)
}

/** RFC 6962, 2.1.2: the proof that the tree of `size` leaves begins with the tree of `old` leaves. */
export async function consistencyProof(old: number, size: number, subtree: CompleteSubtree): Promise<Buffer[]> {
  if (old === 0 || old === size) return []
  const path: Promise<Buffer>[] = []
  let [start, rest, first] = [0, size, old]
  let isWholeOldTree = true
  while (first !== rest) {
    const left = leftPart(rest)
    if (first <= left) {
      path.unshift(hashOver(start + left, rest - left, subtree))
      rest = left
    } else {
      path.unshift(hashOver(start, left, subtree))
      start += left
      rest -= left
      first -= left
      isWholeOldTree = false
    }
  }
  if (!isWholeOldTree) path.unshift(hashOver(start, rest, subtree))
  return Promise.all(path)
}

/** The root that a leaf’s hash and its proof lead to; undefined when the proof does not fit index and size. */
export function rootFromInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return undefined
  let [node, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      for (; node % 2 === 0 && node !== 0; last = half(last)) node = half(node) // levels at which it has no sibling
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? hash : undefined
}

/** Both roots that a consistency proof leads to, given the old one; undefined when it does not fit the sizes. */
export function rootsFromConsistency(
  old: number,
  size: number,
  oldRoot: Buffer,
  proof: readonly Buffer[],
): { old: Buffer; root: Buffer } | undefined {
  if (!(old > 0 && old < size)) return undefined
  let [node, last] = [old - 1, size - 1]
  for (; node % 2 === 1; last = half(last)) node = half(node)
  const hashes = node === 0 ? [oldRoot, ...proof] : [...proof] // a complete old tree is its own first step
  let [before, after] = [hashes[0], hashes[0]]
  if (!before || !after) return undefined
  for (const sibling of hashes.slice(1)) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      before = nodeHash(sibling, before)
      after = nodeHash(sibling, after)
      for (; node % 2 === 0 && node !== 0; last = half(last)) node = half(node)
    } else {
      after = nodeHash(after, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? { old: before, root: after } : undefined
}

const half = (n: number): number => Math.floor(n / 2)
