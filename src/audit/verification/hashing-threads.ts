import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { LeafHasher, LeafHashes } from './leaf-hashes.js'

/** Hashes leaves on all processors, because hashing is most of the work of verifying a log. */
export class HashingThreads implements LeafHasher {
  private readonly threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('hashing-thread.js', import.meta.url)),
  )
  private next = 0

  /** How many parts should be hashed at the same time. */
  get concurrency(): number {
    return this.threads.length * 2
  }

  /** Each thread hashes one part after the other, in the order of the calls. */
  readonly hash = async (bytes: Uint8Array): Promise<LeafHashes> => {
    const thread = this.threads[this.next++ % this.threads.length]!
    const before = this.queues.get(thread) ?? Promise.resolve()
    const result = before.then(async () => {
      thread.postMessage(bytes, []) // copied, not transferred: this thread may need the bytes again
      const [hashed] = (await once(thread, 'message')) as [LeafHashes]
      return hashed
    })
    this.queues.set(
      thread,
      result.catch(() => {}),
    )
    return await result
  }

  private readonly queues = new Map<Worker, Promise<unknown>>()

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()))
  }
}
