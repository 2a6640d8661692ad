interface Timer {
  at: number
  run: () => void
  everyMs?: number
  cancelled: boolean
  isImmediate?: boolean
  unref(): Timer
}

const epoch = Date.UTC(2024, 0, 1)

/**
 * Time that stands still while anything is to be done and then leaps to the next timer: an hour takes as long as what
 * happens in it, and the same seed has the same order of everything. Jest's own fake timers do this too, at 20 µs a
 * timer; thousands of schedules a second need one.
 */
export class SimulatedTime {
  now = 0
  /** How wrong the clock on the wall is: `Date.now()` alone goes by it. */
  wallClockError = 0
  private timers: Timer[] = []
  private real?: () => void

  install(random: () => number): void {
    const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = globalThis
    const [dateNow, performanceNow, mathRandom] = [Date.now, performance.now.bind(performance), Math.random]
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.add(run, ms),
      setInterval: (run: () => void, ms: number) => this.add(run, ms, ms),
      setImmediate: (run: () => void) => Object.assign(this.add(run, 0), { isImmediate: true }),
      clearTimeout: cancel,
      clearInterval: cancel,
    })
    Date.now = () => epoch + Math.floor(this.now) + this.wallClockError
    performance.now = () => this.now
    Math.random = random
    this.real = () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate })
      Date.now = dateNow
      performance.now = performanceNow
      Math.random = mathRandom
    }
  }

  /** Nothing happens any more but what was to happen at once: modules wait for it that others use after this. */
  uninstall(): void {
    const immediates = this.timers.filter(({ isImmediate, cancelled }) => isImmediate && !cancelled)
    this.timers = []
    this.real?.()
    for (const { run } of immediates) run()
  }

  /** Lets time pass until it is so. Fails when it is not so in time, or when nothing is left that could happen. */
  until(isSo: () => boolean, mostMs: number, what: string): Promise<void> {
    const deadline = this.now + mostMs
    return new Promise((resolve, reject) => {
      const step = () => {
        try {
          if (isSo()) return resolve()
          if (!this.runNext(deadline)) return reject(new Error(`${what}: not so after ${mostMs} ms`))
          whenAllHaveGoneOn(step)
        } catch (error) {
          reject(error)
        }
      }
      whenAllHaveGoneOn(step)
    })
  }

  /** Lets time pass until it is so, but no longer than that. */
  async untilOrFor(isSo: () => boolean, mostMs: number): Promise<void> {
    const end = this.now + mostMs
    this.add(() => {}, mostMs)
    await this.until(() => isSo() || this.now >= end, mostMs, 'time passes')
  }

  private runNext(deadline: number): boolean {
    const timer = this.timers.shift()
    if (!timer || timer.at > deadline) return false
    if (timer.cancelled) return true
    this.now = timer.at
    if (timer.everyMs !== undefined) this.put(timer, this.now + timer.everyMs)
    timer.run()
    return true
  }

  private add(run: () => void, ms: number, everyMs?: number): Timer {
    const timer: Timer = { at: 0, run, everyMs, cancelled: false, unref: () => timer }
    this.put(timer, this.now + Math.max(0, ms))
    return timer
  }

  /** Timers of the same moment run in the order in which they were set. */
  private put(timer: Timer, at: number): void {
    timer.at = at
    let place = this.timers.length
    while (place > 0 && this.timers[place - 1]!.at > at) place--
    this.timers.splice(place, 0, timer)
  }
}

function cancel(timer: Timer | undefined): void {
  if (timer) timer.cancelled = true
}

/** A tick comes after every promise that can go on; from a microtask, for a tick of a tick would come before them. */
const whenAllHaveGoneOn = (step: () => void) => queueMicrotask(() => process.nextTick(step))
