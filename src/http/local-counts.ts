import { LRUCache } from 'lru-cache'

/** Hits in the window, milliseconds until it ends, 1 when there are too many. */
export type Counted = readonly [hits: number, msLeft: number, blocked: number]

/** The counts of this process alone. The least recent ones are forgotten when there are very many. */
export class LocalCounts {
  private readonly windows = new LRUCache<string, { hits: number; ends: number }>({ max: 50_000 })
  /** Commands that have passed: until when their repeats are free. */
  private readonly passed = new LRUCache<string, number>({ max: 50_000 })

  /** As the script in limits.storage.ts counts in Redis. */
  count(counter: string, repeat: string | null, windowMs: number, limit: number): Counted {
    const now = performance.now()
    const known = this.windows.get(counter)
    const window = known && known.ends > now ? known : { hits: 0, ends: now + windowMs }
    const isFree = repeat !== null && (this.passed.get(repeat) ?? 0) > now
    if (!isFree) {
      window.hits++
      this.windows.set(counter, window)
      if (repeat !== null && window.hits <= limit) this.passed.set(repeat, now + windowMs)
    }
    return [window.hits, window.ends - now, !isFree && window.hits > limit ? 1 : 0]
  }
}
