/**
 * Values that may be in memory for a moment only: never longer than `maxAgeMs`, and at least half of that, unless more
 * than `maxEntries` come meanwhile. There are two generations, and the older one is dropped as a whole: a search for
 * old entries would take milliseconds that a caller waits for.
 */
export class ExpiringCache<Value> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private youngSince = this.now()
  private readonly timer: NodeJS.Timeout

  constructor(
    private readonly maxAgeMs: number,
    private readonly maxEntries: number,
    private readonly now = () => performance.now(),
  ) {
    this.timer = setInterval(() => this.dropExpired(), maxAgeMs / 4).unref()
  }

  close(): void {
    clearInterval(this.timer)
    this.clear()
  }

  get(name: string): Value | undefined {
    this.dropExpired()
    return this.young.get(name) ?? this.old.get(name)
  }

  set(name: string, value: Value): void {
    this.dropExpired()
    if (this.young.size >= this.maxEntries / 2) this.startGeneration()
    this.young.set(name, value)
  }

  /** Replaces this value by another one, or removes it. Changes nothing if the entry has another value now. */
  replace(name: string, value: Value, by?: Value): void {
    for (const generation of [this.young, this.old]) {
      if (generation.get(name) !== value) continue
      if (by === undefined) generation.delete(name)
      else generation.set(name, by)
    }
  }

  clear(): void {
    this.young.clear()
    this.old.clear()
  }

  private dropExpired(): void {
    const age = this.now() - this.youngSince
    if (age < this.maxAgeMs / 2) return
    this.startGeneration()
    if (age >= this.maxAgeMs) this.startGeneration()
  }

  private startGeneration(): void {
    this.old = this.young
    this.young = new Map()
    this.youngSince = this.now()
  }
}
