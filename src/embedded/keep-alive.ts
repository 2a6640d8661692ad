import { setTimeout as pause } from 'node:timers/promises'
import { EngineError } from './engine-error.js'
import type { EngineExit } from './engine-process.js'

/** One that dies sooner than this after it was ready has failed again, not anew. */
const STEADY_MS = 3_000
const FAILURES_TO_GIVE_UP = 3

/** What supervision needs to know of an engine, wherever it runs. */
export interface EmbeddedEngine {
  readonly port: number
  readonly pid?: number
  readonly exited: Promise<EngineExit>
  stop(): Promise<void>
}

export interface RestartOptions<E extends EmbeddedEngine> {
  name: string
  /** Starts it on the port it had, or on any at first. */
  launch: (port?: number) => Promise<E>
  /** When this aborts the engine is stopped for good. */
  ending: AbortSignal
  restarted: (engine: E, why: string) => void
  lost: (error: EngineError) => void
}

/** A life ends with a reason to start the next one, or with undefined when we ended it. */
type ExitReason = string | undefined

/**
 * Watches over an engine that was launched and starts it again, on the same port, whenever it dies: clients need only
 * reconnect. One that fails three times in a row is given up with its last words. Settles when nothing of it runs.
 */
export async function keepRunning<E extends EmbeddedEngine>(first: E, care: RestartOptions<E>): Promise<void> {
  const { port } = first
  let failures = 0
  let death = await live(first)
  while (death !== undefined && failures < FAILURES_TO_GIVE_UP) death = await next(death)
  if (death !== undefined) {
    const what = `${care.name} failed ${failures} times in a row and is given up`
    care.lost(new EngineError('engine_lost', `${what}: ${death}`))
  }

  async function next(why: string): Promise<ExitReason> {
    try {
      if (failures > 1) await pause(500, undefined, { signal: care.ending })
      const engine = await care.launch(port)
      care.restarted(engine, why)
      return await live(engine)
    } catch (error) {
      failures++
      return care.ending.aborted ? undefined : (error as Error).message
    }
  }

  async function live(engine: E): Promise<ExitReason> {
    const since = Date.now()
    const exit: EngineExit | undefined = await Promise.race([engine.exited, aborted(care.ending)])
    if (care.ending.aborted) {
      await engine.stop()
      return undefined
    }
    failures = Date.now() - since < STEADY_MS ? failures + 1 : 1
    return `ended with ${exit?.how}`
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
