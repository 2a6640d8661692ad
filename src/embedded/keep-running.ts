import { setTimeout as pause } from 'node:timers/promises'
import { EngineError } from './engine-error.js'
import type { EngineExit } from './engine-process.js'

/** An engine that ran for less than this has failed again. One that ran longer has failed for the first time. */
const STEADY_MS = 3_000
const FAILURES_TO_GIVE_UP = 3

/** What the supervisor needs to know of an engine, whether it is a process or runs inside the supervisor. */
export interface EmbeddedEngine {
  readonly port: number
  readonly pid?: number
  readonly exit: Promise<EngineExit>
  stop(): Promise<void>
}

export interface RestartOptions<E extends EmbeddedEngine> {
  name: string
  /** Starts it on this port. Without a port: the configured one, or any. */
  start: (port?: number) => Promise<E>
  /** When this aborts, the engine is stopped and not started again. */
  stopSignal: AbortSignal
  onRestart: (engine: E, why: string) => void
  onFailure: (error: EngineError) => void
}

/** Why the engine does not run any more. Undefined when it was stopped. */
type ExitReason = string | undefined

/**
 * Starts an engine again, on the same port, whenever it ends by itself: clients need only reconnect. After three
 * failures in a row it gives up and reports the last one. Settles when no process of the engine is left.
 */
export async function keepRunning<E extends EmbeddedEngine>(first: E, options: RestartOptions<E>): Promise<void> {
  const { name, start, stopSignal, onRestart, onFailure } = options
  let failures = 0
  let reason = await untilExit(first)
  while (reason !== undefined && failures < FAILURES_TO_GIVE_UP) reason = await restart(reason)
  if (reason !== undefined) {
    const message = `${name} failed ${failures} times in a row and is not started again: ${reason}`
    onFailure(new EngineError('engine_lost', message))
  }

  async function restart(why: string): Promise<ExitReason> {
    try {
      if (failures > 1) await pause(500, undefined, { signal: stopSignal })
      const engine = await start(first.port)
      onRestart(engine, why)
      return await untilExit(engine)
    } catch (error) {
      failures++
      return stopSignal.aborted ? undefined : (error as Error).message
    }
  }

  async function untilExit(engine: E): Promise<ExitReason> {
    const startedAt = Date.now()
    const exit: EngineExit | undefined = await Promise.race([engine.exit, aborted(stopSignal)])
    if (stopSignal.aborted) {
      await engine.stop()
      return undefined
    }
    failures = Date.now() - startedAt < STEADY_MS ? failures + 1 : 1
    return `ended with ${exit?.reason}`
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
