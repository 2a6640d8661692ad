import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '../../support/world.js'

const longestTryMs = 5_000
const patienceMs = 120_000

export interface Recovery {
  /** Until the next prompt was answered by any process. */
  firstMs: number
  /** Until one was answered by each. */
  allMs: number
}

/** Sends a new prompt to every process at once, again and again, until it is answered. Undefined: never. */
export async function recovery(client: Client, urls: readonly string[], since: number): Promise<Recovery | undefined> {
  const answered = urls.map(async (url) => {
    await untilAnswered(client.at(url))
    return performance.now() - since
  })
  const times = await Promise.all(answered).catch(() => undefined)
  return times && { firstMs: Math.min(...times), allMs: Math.max(...times) }
}

async function untilAnswered(client: Client): Promise<void> {
  const deadline = performance.now() + patienceMs
  let [chat, key] = [randomUUID(), randomUUID()]
  for (; performance.now() < deadline; await pause(50)) {
    const sending = client.with({ 'idempotency-key': key })
    const answer = await sending
      .fetch('POST', `/chat/${chat}/send`, { text: 'Still there?' }, AbortSignal.timeout(longestTryMs))
      .then(
        async (response) => ({ status: response.status, body: (await response.json()) as { status?: string } }),
        () => undefined,
      )
    if (answer?.body.status === 'completed') return
    // This one has failed with its model, for good: the next prompt is another one.
    if (answer?.status === 502) [chat, key] = [randomUUID(), randomUUID()]
  }
  throw new Error(`${client.url} answered no prompt`)
}
