import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../../src/event-store/engine.js'
import { messagesPerChat } from './chat.js'
import { percentile, sorted } from './statistics.js'
import { say } from './verbatim.js'

export interface IdleLatency {
  readonly p50: number
  readonly p99: number
}

/** From the answer to a single append until it is in every read model, when nothing else goes on. */
export async function measureIdleLatency(engine: Engine, appends: number): Promise<IdleLatency> {
  const took: number[] = []
  let chatId = ''
  for (let i = 0; i < appends; i++) {
    if (i % messagesPerChat === 0) chatId = `chat:${randomUUID()}`
    const position = await say(engine, chatId, i % messagesPerChat)
    const committed = performance.now()
    if (!(await engine.projections.waitUntilReached(position)))
      throw new Error(`position ${position} was not projected in time`)
    took.push(performance.now() - committed)
    await pause(10)
  }
  const ascending = sorted(took)
  return { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99) }
}
