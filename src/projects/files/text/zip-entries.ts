import { inflateRawSync } from 'node:zlib'
import { UnreadableFile } from './unreadable-file.js'

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50
const longestComment = 0xffff
const mostEntries = 10_000
/** Of one entry, and of all that are read: a small archive may claim to unfold to terabytes. */
const mostBytes = 64 * 1024 * 1024

/** The entries of a zip archive by their names. An entry is unfolded when it is read, within a limit for all together. */
export class ZipEntries {
  private readonly places = new Map<string, { method: number; packed: number; at: number }>()
  private left = mostBytes

  constructor(private readonly zip: Buffer) {
    const end = this.findEnd()
    const count = zip.readUInt16LE(end + 10)
    if (count > mostEntries) throw new UnreadableFile('has too many parts')
    let at = zip.readUInt32LE(end + 16)
    for (let i = 0; i < count; i++) {
      if (zip.readUInt32LE(at) !== directoryEntry) throw new UnreadableFile('is damaged')
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
      const name = zip.toString('utf8', at + 46, at + 46 + nameLength!)
      this.places.set(name, {
        method: zip.readUInt16LE(at + 10),
        packed: zip.readUInt32LE(at + 20),
        at: zip.readUInt32LE(at + 42),
      })
      at += 46 + nameLength! + extraLength! + commentLength!
    }
  }

  get names(): string[] {
    return [...this.places.keys()]
  }

  /** Undefined when there is no such entry. */
  text(name: string): string | undefined {
    const place = this.places.get(name)
    if (!place) return undefined
    const { method, packed, at } = place
    const from = at + 30 + this.zip.readUInt16LE(at + 26) + this.zip.readUInt16LE(at + 28)
    const bytes = this.unfold(method, this.zip.subarray(from, from + packed))
    this.left -= bytes.length
    return bytes.toString('utf8')
  }

  private unfold(method: number, packed: Buffer): Buffer {
    if (method === 8 && this.left > 0) return inflateRawSync(packed, { maxOutputLength: this.left })
    if (method === 0 && packed.length <= this.left) return packed
    throw new UnreadableFile('is packed in a way that is not read here, or is too large')
  }

  private findEnd(): number {
    const first = Math.max(0, this.zip.length - 22 - longestComment)
    for (let at = this.zip.length - 22; at >= first; at--) if (this.zip.readUInt32LE(at) === endOfDirectory) return at
    throw new UnreadableFile('is no zip archive')
  }
}
