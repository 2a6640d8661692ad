/** Places for work that is done at once. Work that finds all taken waits in line. */
export class Places {
  private readonly line = new Set<() => void>()
  private free: number

  constructor(count: number) {
    this.free = count
  }

  /** False when no place became free before the time was over or the signal aborted. A place must be given back. */
  async take(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.free > 0) {
      this.free--
      return true
    }
    return await new Promise((resolve) => {
      const leave = (hasPlace: boolean) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        this.line.delete(enter)
        resolve(hasPlace)
      }
      const enter = () => leave(true)
      const giveUp = () => leave(false)
      const timer = setTimeout(giveUp, ms)
      signal.addEventListener('abort', giveUp)
      this.line.add(enter)
    })
  }

  /** The first in line gets the place. */
  giveBack(): void {
    const [first] = this.line
    if (first) first()
    else this.free++
  }
}
