import type { Db } from 'mongodb'
import { BackgroundLoop } from './background-loop.js'

const askEveryMs = 60_000
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
  private ahead = Date.now() - performance.now()
  private wasWrong = false
  private wasLogAhead = false
  private readonly asking: BackgroundLoop

  private constructor(
    private readonly db: Db,
    private readonly onError: (where: string, error: unknown) => void,
  ) {
    this.asking = BackgroundLoop.ofRounds(() => this.ask(), {
      everyMs: askEveryMs,
      onError: () => {}, // it counts on by itself
    })
  }

  static async start(db: Db, onError: (where: string, error: unknown) => void = () => {}): Promise<DatabaseClock> {
    const clock = new DatabaseClock(db, onError)
    await clock.ask()
    clock.asking.start()
    return clock
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
    const isAhead = aheadMs > toleratedMs
    if (isAhead && !this.wasLogAhead)
      this.onError(
        'clock',
        new Error(`the newest event's time is ${Math.round(aheadMs / 1000)} s ahead of the database's clock`),
      )
    this.wasLogAhead = isAhead
  }

  stop(): Promise<void> {
    return this.asking.stop()
  }

  private async ask(): Promise<void> {
    const before = performance.now()
    const { localTime } = await this.db.command({ hello: 1 })
    const after = performance.now()
    this.ahead = (localTime as Date).getTime() - (before + after) / 2
    this.warnIfWrong(Date.now() - this.now().getTime())
  }

  private warnIfWrong(aheadMs: number): void {
    const isWrong = Math.abs(aheadMs) > toleratedMs
    if (isWrong && !this.wasWrong) {
      const [seconds, side] = [Math.round(Math.abs(aheadMs) / 1000), aheadMs > 0 ? 'ahead of' : 'behind']
      const what = `the clock of this machine is ${seconds} s ${side} the database's; the database's is used. Set it right`
      this.onError('clock', new Error(what))
    }
    this.wasWrong = isWrong
  }
}
