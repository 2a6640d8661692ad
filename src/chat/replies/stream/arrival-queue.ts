import { pause } from '../../../event-store/timing.js'

/** Items that have arrived for one reader and that it has not taken yet. */
export class ArrivalQueue<Item> {
  private items: Item[] = []
  private waiting = new AbortController()

  add(item: Item): void {
    this.items.push(item)
    this.wake()
  }

  /** Ends the present wait, if there is one. */
  wake(): void {
    this.waiting.abort()
  }

  /** All items, as soon as there is one. Nothing when woken or after `timeoutMs`. */
  async take(timeoutMs: number): Promise<Item[]> {
    if (this.items.length === 0) {
      this.waiting = new AbortController()
      await pause(timeoutMs, this.waiting.signal)
    }
    return this.items.splice(0)
  }
}
