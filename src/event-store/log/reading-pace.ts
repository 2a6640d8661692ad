import { within } from '../timing.js'

/** Less than what `feed.ts` keeps: a reader that comes within this distance finds the batches of those before it. */
const closeEvents = 12_000
/** Those that are further behind read for themselves. */
const farEvents = 50_000
/** Less than a lease, because a reader that waits does not renew its own. */
const longestWaitMs = 1_500
/** Where its work has ended, nobody tells a reader that waits. */
const lookAgainMs = 100
/** A reader that says nothing for so long has failed, or is paused. */
const forgottenMs = 5_000

interface Place {
  position: number
  at: number
}

/**
 * Keeps the readers of a process together while they are behind: the fastest wait a moment for those that are close, so
 * that most batches are read, decoded and checked once for all. Otherwise the readers drift apart until each one does
 * that for itself, which is most of the work: twenty-five readers of a million events came to a fifth of the speed.
 *
 * No reader depends on another: waits are short, and one that has failed is forgotten.
 */
export class ReadingPace {
  private readonly places = new Map<object, Place>()
  private waiting: (() => void)[] = []

  /** Before a reader that knows that there is more takes the batch after its position. */
  async keep(reader: object, position: number, signal: AbortSignal): Promise<void> {
    this.places.set(reader, { position, at: performance.now() })
    this.wake()
    const deadline = performance.now() + longestWaitMs
    while (this.isAhead(position) && !signal.aborted) {
      const left = deadline - performance.now()
      if (left <= 0) break
      await within(Math.min(left, lookAgainMs), new Promise<void>((resolve) => this.waiting.push(resolve)))
    }
  }

  /** The reader has come to the end. */
  leave(reader: object): void {
    if (this.places.delete(reader)) this.wake()
  }

  private isAhead(position: number): boolean {
    const now = performance.now()
    for (const [reader, place] of this.places) {
      if (now - place.at > forgottenMs) this.places.delete(reader)
      else if (position - place.position > closeEvents && position - place.position < farEvents) return true
    }
    return false
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}
