import { createHash } from 'node:crypto'

/** Bytes on their way: how many they were, and what tells them from any others. */
export class DigestedBytes {
  size = 0
  digest = ''

  constructor(private readonly content: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for await (const bytes of this.content) {
      this.size += bytes.length
      hash.update(bytes)
      yield bytes
    }
    this.digest = hash.digest('base64url')
  }

  async readToItsEnd(): Promise<void> {
    for await (const _ of this);
  }
}
