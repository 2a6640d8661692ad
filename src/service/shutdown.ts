/** How long one step may take unless it is given more, and all of them together beyond that. */
const stepLimitMs = 3000
const limitMs = 4500
/** Ctrl-C under npm arrives twice, from the terminal and from npm; a second press comes later than this. */
const echoMs = 1000

interface Step {
  readonly stop: () => Promise<unknown>
  readonly limitMs: number
}

/**
 * Ends the process in order: what was started last stops first, once, whatever asks for it. A step that fails or
 * hangs doesn't keep the others from ending: at the limit the process is gone, and the embedded engines, which watch
 * it, stop by themselves.
 */
export class Shutdown {
  private readonly steps: Step[] = []
  private began: number | undefined

  constructor(private readonly say: (line: string) => void) {}

  get hasBegun(): boolean {
    return this.began !== undefined
  }

  /** A signal ends the service; a second one, sent by somebody who has lost patience, ends it at once. */
  listenToSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (this.began === undefined) void this.begin(0)
        else if (Date.now() - this.began > echoMs) process.exit(1)
      })
    }
  }

  /** Adds what is to be stopped before everything added earlier. */
  addStep(stop: () => Promise<unknown>, limitMs = stepLimitMs): void {
    this.steps.unshift({ stop, limitMs })
  }

  async begin(exitCode: number): Promise<void> {
    if (this.began !== undefined) return
    this.began = Date.now()
    const more = this.steps.reduce((sum, step) => sum + Math.max(0, step.limitMs - stepLimitMs), 0)
    setTimeout(() => process.exit(exitCode || 1), limitMs + more)
    for (const step of this.steps) {
      await inTime(step).catch((error: unknown) => this.say(`while stopping: ${String(error)}`))
    }
    process.exit(exitCode)
  }
}

function inTime({ stop, limitMs }: Step): Promise<unknown> {
  const limit = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${limitMs} ms, going on`)), limitMs)
  })
  return Promise.race([stop(), limit])
}
