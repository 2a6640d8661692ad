import { HashingThreads } from '../../src/audit/verification/hashing-threads.js'
import { verifyLog } from '../../src/audit/verification/verify-log.js'
import type { Client } from '../../test/support/world.js'
import { percentile, sorted } from '../store/statistics.js'
import type { Archive } from './archive.js'

export interface Latency {
  p50: number
  p99: number
}

export interface Answers {
  verified: number
  scanned: number
  chat: Latency
  findChat: Latency
  receipt: Latency
  findEvent: Latency
}

/** What an auditor asks, each next to the least that the database must do for it. By turns, at random places. */
export async function ask(
  { db, trees, chats }: Archive,
  auditor: Client,
  key: string,
  times: number,
): Promise<Answers> {
  const took = { chat: [] as number[], findChat: [] as number[], receipt: [] as number[], findEvent: [] as number[] }
  const log = db.collection<{ _id: number; at: Date }>('log')
  const size = (await trees.read())!.size
  for (let i = 0; i < times; i++) {
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
  const hashing = new HashingThreads()
  const verified = await rate(size, () => verifyLog({ db, trees, keys: [key], hasher: hashing }))
  await hashing.close()
  return {
    verified,
    scanned,
    chat: latency(took.chat),
    findChat: latency(took.findChat),
    receipt: latency(took.receipt),
    findEvent: latency(took.findEvent),
  }
}

async function found(auditor: Client, path: string): Promise<void> {
  const { status, body } = await auditor.get(path)
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
}

async function timed<T>(took: number[], work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  took.push(performance.now() - started)
  return result
}

async function rate(events: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (events * 1000) / (performance.now() - started)
}

const latency = (took: number[]): Latency => ({
  p50: percentile(sorted(took), 0.5),
  p99: percentile(sorted(took), 0.99),
})
