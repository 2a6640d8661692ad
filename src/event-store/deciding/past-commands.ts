import { createHash } from 'node:crypto'
import type { RecordedEvent } from '../event.js'

/** A command that took effect, and where its events are in its stream. */
export interface PastCommand {
  payload?: string
  version: number
  events: number
}

/**
 * The commands that took effect on a stream: the newer ones exactly (about 150 bytes each), of the older ones their
 * hashes (eight). A command without its hash here is certainly new; one with it is almost certainly a repeat, and the
 * log says for sure. It only ever grows, so several folds of a stream may share it.
 */
export class PastCommands {
  constructor(
    private readonly newer = new Map<string, PastCommand>(),
    readonly older = CommandHashes.none,
  ) {}

  get(commandId: string): PastCommand | undefined {
    return this.newer.get(commandId)
  }

  /** Whether only its hash is known. */
  mayHave(commandId: string): boolean {
    return !this.newer.has(commandId) && this.older.has(commandId)
  }

  add({ version, meta: { commandId, payload } }: RecordedEvent): void {
    const past = this.newer.get(commandId)
    if (!past) this.newer.set(commandId, { payload, version, events: 1 })
    else past.events = Math.max(past.events, version - past.version + 1)
  }

  /** The hashes of all of them, and exactly only those that came after the version. */
  condensed(after: number): PastCommands {
    const newest = [...this.newer].filter(([, { version }]) => version > after)
    return new PastCommands(new Map(newest), this.older.with(this.newer.keys()))
  }

  /** The memory it takes, in commands that are known exactly. */
  get weight(): number {
    return this.newer.size + Math.ceil(this.older.bytes.length / 150)
  }
}

const hashBytes = 8

/** The first eight bytes of each command id's SHA-256, sorted and end to end. A storage format. */
export class CommandHashes {
  static readonly none = new CommandHashes(Buffer.alloc(0))

  constructor(readonly bytes: Buffer) {}

  has(commandId: string): boolean {
    return this.bytes.length > 0 && this.holds(hashOf(commandId))
  }

  /** These and more. Between the new ones everything is copied in whole runs, so it costs little more than the copy. */
  with(commandIds: Iterable<string>): CommandHashes {
    const hashes = Array.from(commandIds, hashOf).filter((hash) => !this.holds(hash))
    const added = BigUint64Array.from(new Set(hashes)).sort()
    const bytes = Buffer.alloc(this.bytes.length + added.length * hashBytes)
    let [copied, end] = [0, 0]
    for (const hash of added) {
      const place = this.placeOf(hash)
      end += this.bytes.copy(bytes, end, copied, place)
      end = bytes.writeBigUInt64BE(hash, end)
      copied = place
    }
    this.bytes.copy(bytes, end, copied)
    return new CommandHashes(bytes)
  }

  private holds(hash: bigint): boolean {
    const place = this.placeOf(hash)
    return place < this.bytes.length && this.bytes.readBigUInt64BE(place) === hash
  }

  /** Where the hash is, or would have to be put in. */
  private placeOf(hash: bigint): number {
    let [low, high] = [0, this.bytes.length / hashBytes]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.bytes.readBigUInt64BE(middle * hashBytes) < hash) low = middle + 1
      else high = middle
    }
    return low * hashBytes
  }
}

const hashOf = (commandId: string): bigint => createHash('sha256').update(commandId).digest().readBigUInt64BE()
