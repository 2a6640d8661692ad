import type { Db } from 'mongodb'
import { BackgroundLoop } from './background-loop.js'
import { pause } from './timing.js'

const askEveryMs = 60_000
/** A busy machine is asked again, for two processes' times should differ by little. */
const quickTripMs = 10
const maxTries = 5
/** Two clocks that are further apart are worth a warning. */
const toleratedMs = 2_000

/**
 * The time of day as the database has it. What is recorded or judged by a time of day uses it: events, expiries,
 * retention, ages. The clocks of processes may be hours wrong; they only differ here by what a request takes.
 *
 * It asks once a minute and counts on by itself in between, with a timer that nobody sets.
 */
export class DatabaseClock {
  /** The database's time minus that of the timer. */
  private ahead = 0
  /** What was wrong when it was last looked at: it is told once. */
  private readonly wrong = new Set<string>()
  private readonly asking: BackgroundLoop

  constructor(
    private readonly db: Db,
    private readonly onError: (where: string, error: unknown) => void = () => {},
  ) {
    this.asking = new BackgroundLoop(async (signal) => {
      while (!signal.aborted) {
        await pause(askEveryMs, signal)
        if (!signal.aborted) await this.ask().catch(() => {}) // it counts on by itself
      }
    })
  }

  /** It has no time before this has resolved. */
  async ask(): Promise<void> {
    let { ahead, tripMs } = await this.measure()
    for (let tries = 1; tripMs > quickTripMs && tries < maxTries; tries++) {
      const another = await this.measure()
      if (another.tripMs < tripMs) ({ ahead, tripMs } = another)
    }
    this.ahead = ahead
    const aheadMs = Date.now() - this.now().getTime()
    const [seconds, side] = [Math.round(Math.abs(aheadMs) / 1000), aheadMs > 0 ? 'ahead of' : 'behind']
    this.tellOnce(
      Math.abs(aheadMs) > toleratedMs,
      'this machine',
      `the clock of this machine is ${seconds} s ${side} the database's; the database's is used. Set it right`,
    )
  }

  /** Wrong by half of the trip at most. */
  private async measure(): Promise<{ ahead: number; tripMs: number }> {
    const before = performance.now()
    const { localTime } = await this.db.command({ hello: 1 })
    const after = performance.now()
    return { ahead: (localTime as Date).getTime() - (before + after) / 2, tripMs: after - before }
  }

  /** Asks again, now and then, until it is stopped. */
  start(): void {
    this.asking.start()
  }

  now(): Date {
    return new Date(this.ahead + performance.now())
  }

  /**
   * Time never goes back over the log: after an event that was recorded with a wrong clock, the following ones get its
   * time until the clock has reached it. That is only worth a warning: nothing waits for it.
   */
  noteTimeOf({ at }: { readonly at: Date }): void {
    const aheadMs = at.getTime() - this.now().getTime()
    const seconds = Math.round(aheadMs / 1000)
    this.tellOnce(aheadMs > toleratedMs, 'log', `the newest event's time is ${seconds} s ahead of the database's clock`)
  }

  stop(): Promise<void> {
    return this.asking.stop()
  }

  private tellOnce(isWrong: boolean, what: string, message: string): void {
    if (isWrong && !this.wrong.has(what)) this.onError('clock', new Error(message))
    if (isWrong) this.wrong.add(what)
    else this.wrong.delete(what)
  }
}
