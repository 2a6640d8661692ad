import { BSON } from 'mongodb'
import { type AppendDocument, lastPosition } from '../../event-store/event.js'
import { hashBytes } from '../../proof/tiles.js'
import { VerificationError } from './verification-error.js'
import { checkEnvelope, type EventRecord, leafHashOf, recordFromAppend } from './event-record.js'

/** The hashes of the leaves of some consecutive appends. */
export interface LeafHashes {
  readonly first: number
  readonly last: number
  /** Concatenated. Undefined if the appends are not in order or an event is wrong by itself: then check one by one. */
  readonly hashes?: Uint8Array
}

/** Hashes leaves in this thread or in others. */
export interface LeafHasher {
  /** How many parts should be hashed at the same time. */
  readonly concurrency: number
  hash(bytes: Uint8Array): Promise<LeafHashes>
}

export const singleThreadHasher: LeafHasher = { concurrency: 1, hash: (bytes) => Promise.resolve(hashLeaves(bytes)) }

/** Decodes concatenated BSON documents, as the database sends them: each begins with its length. */
export function* appendsIn(bytes: Uint8Array): Generator<AppendDocument> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < bytes.length;) {
    const end = start + view.getInt32(start, true)
    yield BSON.deserialize(bytes.subarray(start, end)) as AppendDocument
    start = end
  }
}

export function hashLeaves(bytes: Uint8Array): LeafHashes {
  const hashes: Buffer[] = []
  let [first, last, isIntact] = [0, 0, true]
  for (const append of appendsIn(bytes)) {
    if (first === 0) first = append._id
    else isIntact &&= append._id === last + 1
    last = lastPosition(append)
    const records = recordsOf(append)
    isIntact &&= records?.length === append.n && records.every(isSound)
    if (isIntact) hashes.push(...records!.map(leafHashOf))
  }
  const all = new Uint8Array(hashes.length * hashBytes)
  hashes.forEach((hash, i) => all.set(hash, i * hashBytes))
  return { first, last, ...(isIntact && { hashes: all }) }
}

/** Undefined for what is not an append. */
function recordsOf(append: AppendDocument): EventRecord[] | undefined {
  try {
    return append.events.map((_, i) => recordFromAppend(append, i))
  } catch {
    return undefined
  }
}

function isSound(record: EventRecord): boolean {
  try {
    checkEnvelope(record)
    return true
  } catch (error) {
    if (error instanceof VerificationError) return false
    throw error
  }
}
