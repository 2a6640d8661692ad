import { pause } from './timing.js'

interface RoundOptions {
  readonly everyMs: number
  /** Reports a round that has failed. The next one follows as usual. */
  readonly onError: (error: unknown) => void
}

/**
 * Work that a process does beside its requests, from `start` to `stop`. The work handles its own errors. When the
 * signal aborts it MUST end soon; `stop` waits for that.
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
    this.running = this.work(this.signal)
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
  }
}
