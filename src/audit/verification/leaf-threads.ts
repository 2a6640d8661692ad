import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { HashedLeaves } from './hashed-leaves.js'

/** Hashes leaves on all processors: it is most of what verifying a log costs. */
export class LeafThreads {
  private readonly threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('leaf-thread.js', import.meta.url)),
  )
  private next = 0

  /** How many parts should be under way at once. */
  get width(): number {
    return this.threads.length * 2
  }

  /** Each thread works on one after the other, in the order in which they came. */
  readonly hash = async (bytes: Uint8Array): Promise<HashedLeaves> => {
    const thread = this.threads[this.next++ % this.threads.length]!
    const before = this.queues.get(thread) ?? Promise.resolve()
    const result = before.then(async () => {
      thread.postMessage(bytes, []) // a copy: the bytes may be looked at here once more
      const [hashed] = (await once(thread, 'message')) as [HashedLeaves]
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
