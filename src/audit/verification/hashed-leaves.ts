import { BSON } from 'mongodb'
import { type AppendDocument, lastPosition } from '../../event-store/event.js'
import { hashBytes } from '../../proof/tiles.js'
import { Disproved } from './disproved.js'
import { checkAlone, leafHashOf, recordOf } from './record.js'

/** The leaves of some appends, as far as these are in order and nothing can be seen against any of them alone. */
export interface HashedLeaves {
  readonly first: number
  readonly last: number
  /** Side by side; undefined when a closer look is needed. */
  readonly hashes?: Uint8Array
}

/** Appends as the database sends them, one after the other: BSON says how long each is. */
export function* appendsIn(bytes: Uint8Array): Generator<AppendDocument> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < bytes.length;) {
    const end = start + view.getInt32(start, true)
    yield BSON.deserialize(bytes.subarray(start, end)) as AppendDocument
    start = end
  }
}

export function hashedLeaves(bytes: Uint8Array): HashedLeaves {
  const hashes: Buffer[] = []
  let [first, last, isInOrder] = [0, 0, true]
  for (const append of appendsIn(bytes)) {
    if (first === 0) first = append._id
    else isInOrder &&= append._id === last + 1
    last = lastPosition(append)
    isInOrder &&= append.events.length === append.n
    for (let i = 0; isInOrder && i < append.n; i++) {
      const record = recordOf(append, i)
      isInOrder = isSound(record)
      hashes.push(leafHashOf(record))
    }
  }
  const all = new Uint8Array(hashes.length * hashBytes)
  hashes.forEach((hash, i) => all.set(hash, i * hashBytes))
  return { first, last, ...(isInOrder && { hashes: all }) }
}

function isSound(record: Parameters<typeof checkAlone>[0]): boolean {
  try {
    checkAlone(record)
    return true
  } catch (error) {
    if (error instanceof Disproved) return false
    throw error
  }
}
