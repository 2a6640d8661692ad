import { hash } from 'node:crypto'

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer')

/** RFC 6962: the hash of a leaf … */
export const leafHash = (leaf: Uint8Array | string): Buffer =>
  typeof leaf === 'string' ? hash('sha256', `\0${leaf}`, 'buffer') : sha256(Buffer.concat([Buffer.of(0), leaf]))

/** … and of two subtrees. The first byte distinguishes the two kinds. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1)
  node.set(right, 33)
  return sha256(node)
}

/** One buffer for all nodes, filled anew for each: there are as many nodes as events, and never two at once. */
const node = Buffer.alloc(65, 1)

/** The root of a tree without leaves. */
export const emptyRoot = sha256(Buffer.alloc(0))
