import { LRUCache } from 'lru-cache'

/** One counter, and the command whose repeats are free in it. */
export interface Counting {
  readonly counter: string
  readonly command?: {
    readonly name: string
    /** What distinguishes a repeat from another command of the same name; undefined before the body is read. */
    readonly payload?: string
  }
}

/** Hits in the window, milliseconds until it ends, 1 when there are too many, 1 for a repeat. */
export type Counted = readonly [hits: number, msLeft: number, blocked: number, repeated: number]

/** The counts of this process alone. The least recent ones are forgotten when there are very many. */
export class LocalCounts {
  private readonly windows = new LRUCache<string, { hits: number; ends: number }>({ max: 50_000 })
  /** Commands that have passed: until when their repeats are free, and what they asked for. */
  private readonly passed = new LRUCache<string, { ends: number; payload: string }>({ max: 50_000 })

  /** As the script in limits.storage.ts counts in Redis. */
  count({ counter, command }: Counting, windowMs: number, limit: number): Counted {
    const now = performance.now()
    const known = this.windows.get(counter)
    const window = known && known.ends > now ? known : { hits: 0, ends: now + windowMs }
    const { name, payload = '' } = command ?? {}
    const earlier = name === undefined ? undefined : this.passed.get(name)
    const isKnown = earlier !== undefined && earlier.ends > now
    const isRepeat = isKnown && (earlier.payload === '' || payload === '' || earlier.payload === payload)
    if (!isRepeat) {
      window.hits++
      this.windows.set(counter, window)
    }
    const isBlocked = !isRepeat && window.hits > limit
    if (isRepeat) earlier.payload ||= payload
    else if (name !== undefined && !isKnown && !isBlocked) this.passed.set(name, { ends: now + windowMs, payload })
    return [window.hits, window.ends - now, Number(isBlocked), Number(isRepeat)]
  }
}
