import { openCheckpoint, type TreeHead } from './checkpoint.js'
import { leafHash } from './hashes.js'
import { rootFromInclusion } from './merkle-proofs.js'
import { hashBytes } from './tiles.js'
import { Unproven } from './unproven.js'

/** c2sp.org/tlog-proof: a proof that a log has a leaf. It can be checked offline. */
export interface LogProof {
  /** Of the leaf, from 0. */
  readonly index: number
  readonly hashes: readonly Buffer[]
  /** A signed note. */
  readonly checkpoint: string
}

const firstLine = 'c2sp.org/tlog-proof@v1'

export const formatLogProof = ({ index, hashes, checkpoint }: LogProof): string =>
  `${[firstLine, `index ${index}`, ...hashes.map((hash) => hash.toString('base64'))].join('\n')}\n\n${checkpoint}`

export function parseLogProof(text: string): LogProof {
  const end = text.indexOf('\n\n')
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (end < 0 || first !== firstLine) throw malformed(`it does not begin with ${firstLine}`)
  if (lines[0]?.startsWith('extra ')) lines.shift() // it is not authenticated, and we use none
  const [, digits = ''] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? []
  const index = Number(digits)
  if (digits === '' || !Number.isSafeInteger(index)) throw malformed('it has no index')
  return { index, hashes: lines.map(hashOf), checkpoint: text.slice(end + 2) }
}

/** The signed tree head that has the leaf. Throws Unproven if the proof does not show that. */
export function verifyLogProof(proof: LogProof, leaf: Uint8Array, verifierKeys: readonly string[]): TreeHead {
  const head = openCheckpoint(proof.checkpoint, verifierKeys)
  const root = rootFromInclusion(leafHash(leaf), proof.index, head.size, proof.hashes)
  if (root?.equals(head.root)) return head
  throw new Unproven(
    'not_included',
    `leaf ${proof.index} of the log ${head.origin} is not this one: the proof does not lead to the root that was signed`,
  )
}

function hashOf(line: string): Buffer {
  const hash = Buffer.from(line, 'base64')
  if (hash.length !== hashBytes || hash.toString('base64') !== line) throw malformed('one of its lines is not a hash')
  return hash
}

const malformed = (why: string) => new Unproven('malformed', `this is not a tlog-proof: ${why}`)
