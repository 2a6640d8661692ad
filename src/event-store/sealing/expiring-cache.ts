/**
 * What may be known for a moment only: never for longer than `keptForMs`, and for half of that at least, unless more
 * than `most` come meanwhile. Two halves, of which the older is dropped whole: to look through entries for those that
 * are too old takes milliseconds that somebody waits for.
 */
export class ExpiringCache<Value> {
  private young = new Map<string, Value>()
  private old = new Map<string, Value>()
  private since = this.now()
  private readonly forgetting: NodeJS.Timeout

  constructor(
    private readonly keptForMs: number,
    private readonly most: number,
    private readonly now = () => performance.now(),
  ) {
    this.forgetting = setInterval(() => this.forgetOld(), keptForMs / 4).unref()
  }

  close(): void {
    clearInterval(this.forgetting)
    this.clear()
  }

  get(name: string): Value | undefined {
    this.forgetOld()
    return this.young.get(name) ?? this.old.get(name)
  }

  set(name: string, value: Value): void {
    this.forgetOld()
    if (this.young.size >= this.most / 2) this.turn()
    this.young.set(name, value)
  }

  /** Puts another value, or none, in the place of this one; changes nothing once something else is there. */
  replace(name: string, value: Value, by?: Value): void {
    for (const half of [this.young, this.old]) {
      if (half.get(name) !== value) continue
      if (by === undefined) half.delete(name)
      else half.set(name, by)
    }
  }

  clear(): void {
    this.young.clear()
    this.old.clear()
  }

  private forgetOld(): void {
    const age = this.now() - this.since
    if (age < this.keptForMs / 2) return
    this.turn()
    if (age >= this.keptForMs) this.turn()
  }

  private turn(): void {
    this.old = this.young
    this.young = new Map()
    this.since = this.now()
  }
}
