import { HashingThreads } from '../../src/audit/verification/hashing-threads.js'
import { verifyLog } from '../../src/audit/verification/verify-log.js'
import type { Client } from '../../test/support/world.js'
import { type Latency, latencyOf, rate, timed } from '../runner/statistics.js'
import type { LargeLog } from './large-log.js'
import { intact } from '../../test/support/audit/verified.js'

export interface AuditMeasurements {
  verified: number
  scanned: number
  chat: Latency
  findChat: Latency
  receipt: Latency
  findEvent: Latency
}

/** Alternates each request of an auditor with the least that the database must do for it, at random positions. */
export async function measureAudit(
  { db, engine, trees, chats }: LargeLog,
  auditor: Client,
  key: string,
  requests: number,
): Promise<AuditMeasurements> {
  const took = { chat: [] as number[], findChat: [] as number[], receipt: [] as number[], findEvent: [] as number[] }
  const log = db.collection<{ _id: number; at: Date }>('log')
  const size = (await trees.read())!.size
  for (let i = 0; i < requests; i++) {
    const chatId = chats[Math.floor(Math.random() * chats.length)]!
    const events = await timed(took.findChat, () => log.find({ stream: `chat-${chatId}` }).toArray())
    await timed(took.chat, () => found(auditor, `/audit/chats/${chatId}?at=${events[5]!.at.toISOString()}`))
    const position = 1 + Math.floor(Math.random() * size)
    await timed(took.findEvent, () => log.findOne({ _id: position }))
    await timed(took.receipt, () => found(auditor, `/audit/events/${position}/receipt`))
  }
  const scanned = await rate(size, async () => {
    for await (const append of log.find()) if (append._id === 0) throw new Error('no event has position 0')
  })
  const hasher = new HashingThreads()
  const verified = await rate(size, () => intact(verifyLog({ log: engine.log, trees, keys: [key], hasher })))
  await hasher.close()
  return {
    verified,
    scanned,
    chat: latencyOf(took.chat),
    findChat: latencyOf(took.findChat),
    receipt: latencyOf(took.receipt),
    findEvent: latencyOf(took.findEvent),
  }
}

async function found(auditor: Client, path: string): Promise<void> {
  const { status, body } = await auditor.get(path)
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
}
