import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Engine } from '../../src/event-store/engine.js'
import { messagesPerChat } from './messages.js'
import { type Latency, latencyOf } from '../runner/statistics.js'
import { appendMessage } from './verbatim.js'

/** From the answer to a single append until it is in every read model, while nothing else happens. */
export async function measureIdleLatency(engine: Engine, appends: number): Promise<Latency> {
  const took: number[] = []
  let chatId = ''
  for (let i = 0; i < appends; i++) {
    if (i % messagesPerChat === 0) chatId = `chat:${randomUUID()}`
    const position = await appendMessage(engine, chatId, i % messagesPerChat)
    const committed = performance.now()
    if (!(await engine.projections.waitUntilReached(position)))
      throw new Error(`position ${position} was not projected in time`)
    took.push(performance.now() - committed)
    await pause(10)
  }
  return latencyOf(took)
}
