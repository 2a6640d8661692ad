import { createHash } from 'node:crypto'
import type { RecordedEvent } from '../event.js'

/** A command that took effect, and where its events are in its stream. */
export interface PastCommand {
  payload?: string
  version: number
  events: number
}

/**
 * The commands that took effect on a stream: the newer ones exactly (about 150 bytes each), the older ones as hashes
 * (eight bytes). A command whose hash is missing is certainly new; one whose hash is there is almost certainly a
 * repeat, and the log decides. The list only grows, so several folds of a stream may share it.
 */
export class PastCommands {
  constructor(
    private readonly newer = new Map<string, PastCommand>(),
    readonly older = CommandHashes.none,
  ) {}

  get(commandId: string): PastCommand | undefined {
    return this.newer.get(commandId)
  }

  /** Whether its hash is known and nothing else: then it may be a repeat. */
  mayHave(commandId: string): boolean {
    return !this.newer.has(commandId) && this.older.has(commandId)
  }

  add({ version, meta: { commandId, payload } }: RecordedEvent): void {
    const past = this.newer.get(commandId)
    if (!past) this.newer.set(commandId, { payload, version, events: 1 })
    else past.events = Math.max(past.events, version - past.version + 1)
  }

  /** All of them as hashes; exactly only those that came after the version. */
  condense(after: number): PastCommands {
    const newest = [...this.newer].filter(([, { version }]) => version > after)
    return new PastCommands(new Map(newest), this.older.with(this.newer.keys()))
  }

  /** Its memory, counted in commands that are known exactly. */
  get weight(): number {
    return this.newer.size + Math.ceil(this.older.bytes.length / 150)
  }
}

const hashBytes = 8

/** The first eight bytes of each command id's SHA-256, sorted and without gaps. A storage format. */
export class CommandHashes {
  static readonly none = new CommandHashes(Buffer.alloc(0))

  constructor(readonly bytes: Buffer) {}

  has(commandId: string): boolean {
    return this.bytes.length > 0 && this.hasHash(hashOf(commandId))
  }

  /**
   * These and some more. What lies between two new ones is copied as a whole, so it costs little more than one copy.
   */
  with(commandIds: Iterable<string>): CommandHashes {
    const hashes = Array.from(commandIds, hashOf).filter((hash) => !this.hasHash(hash))
    const added = BigUint64Array.from(new Set(hashes)).sort()
    const bytes = Buffer.alloc(this.bytes.length + added.length * hashBytes)
    let [copied, end] = [0, 0]
    for (const hash of added) {
      const offset = this.offsetOf(hash)
      end += this.bytes.copy(bytes, end, copied, offset)
      end = bytes.writeBigUInt64BE(hash, end)
      copied = offset
    }
    this.bytes.copy(bytes, end, copied)
    return new CommandHashes(bytes)
  }

  private hasHash(hash: bigint): boolean {
    const offset = this.offsetOf(hash)
    return offset < this.bytes.length && this.bytes.readBigUInt64BE(offset) === hash
  }

  /** Where the hash is, or where it belongs. */
  private offsetOf(hash: bigint): number {
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
