import { pause } from './timing.js'

interface RoundOptions {
  readonly everyMs: number
  /** Reports a round that has failed. The next one follows as usual. */
  readonly onError: (error: unknown) => void
}

const restartMs = 1_000

/**
 * Work that a process does beside its requests, from `start` to `stop`. The work handles its own errors: one that it
 * has left out is a warning, and the work begins again. No error of a background loop ends the process. When the signal
 * aborts it MUST end soon; `stop` waits for that.
 */
export class BackgroundLoop {
  private readonly stopping = new AbortController()
  private running: Promise<void> = Promise.resolve()

  constructor(private readonly work: (signal: AbortSignal) => Promise<void>) {}

  /** A loop of rounds, with a pause after each. */
  static ofRounds(
    round: (signal: AbortSignal) => Promise<unknown>,
    { everyMs, onError }: RoundOptions,
  ): BackgroundLoop {
    return new BackgroundLoop(async (signal) => {
      while (!signal.aborted) {
        await round(signal).catch(onError)
        await pause(everyMs, signal)
      }
    })
  }

  get signal(): AbortSignal {
    return this.stopping.signal
  }

  start(): void {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }

  private async run(): Promise<void> {
    for (let isDone = false; !isDone && !this.signal.aborted;) {
      try {
        await this.work(this.signal)
        isDone = true
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error))
        await pause(restartMs, this.signal)
      }
    }
  }
}
