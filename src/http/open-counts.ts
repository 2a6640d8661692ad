/** How many things are open, by a name that they share: the connections of an address, the streams of an account. */
export class OpenCounts {
  private readonly counts = new Map<string, number>()

  /** Counts one more; undefined when there are `most` already (0: any number). Call the result once, when it has ended. */
  open(name: string, most: number): (() => void) | undefined {
    const count = this.counts.get(name) ?? 0
    if (most > 0 && count >= most) return undefined
    this.counts.set(name, count + 1)
    return () => {
      const left = this.counts.get(name)! - 1
      if (left > 0) this.counts.set(name, left)
      else this.counts.delete(name)
    }
  }
}
