import { within } from '../event-store/timing.js'

/** How long one step may take unless its owner gives it more time. */
const stepLimitMs = 3000
/** How long all steps together may take, beyond the additional time of single steps. */
const totalLimitMs = 4500
/** Ctrl-C under npm arrives twice, from the terminal and from npm. A person presses it a second time later than this. */
const duplicateSignalMs = 1000

interface Step {
  readonly stop: () => Promise<unknown>
  readonly limitMs: number
}

/**
 * Ends the process in order: what was started last stops first, and only once, whatever asks for it. A step that fails
 * or hangs does not keep the others from ending. At the total limit the process exits; the embedded engines watch it
 * and then stop by themselves.
 */
export class Shutdown {
  private readonly steps: Step[] = []
  private beganAt: number | undefined

  constructor(private readonly say: (line: string) => void) {}

  get hasBegun(): boolean {
    return this.beganAt !== undefined
  }

  /** A signal ends the service in order. A second signal, from a person who does not want to wait, ends it at once. */
  listenToSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (this.beganAt === undefined) void this.begin(0)
        else if (Date.now() - this.beganAt > duplicateSignalMs) process.exit(1)
      })
    }
  }

  /** Adds a step that runs before all steps that were added earlier. */
  addStep(stop: () => Promise<unknown>, limitMs = stepLimitMs): void {
    this.steps.unshift({ stop, limitMs })
  }

  async begin(exitCode: number): Promise<void> {
    if (this.beganAt !== undefined) return
    this.beganAt = Date.now()
    const additionalMs = this.steps.reduce((sum, step) => sum + Math.max(0, step.limitMs - stepLimitMs), 0)
    setTimeout(() => process.exit(exitCode || 1), totalLimitMs + additionalMs)
    for (const step of this.steps) {
      await this.run(step).catch((error: unknown) => this.say(`while stopping: ${String(error)}`))
    }
    process.exit(exitCode)
  }

  private async run({ stop, limitMs }: Step): Promise<void> {
    const isDone = await within(
      limitMs,
      stop().then(() => true),
    )
    if (!isDone) throw new Error(`not done after ${limitMs} ms, going on`)
  }
}
