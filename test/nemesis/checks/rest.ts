import { setTimeout as pause } from 'node:timers/promises'
import type { Operator } from '../faults/operator.js'
import type { Database } from '../../support/ops/database.js'
import type { Journal } from '../workload/journal.js'
import { RepliesOfLog } from './log.js'

const longestMs = 180_000

/** Waits until nothing has anything to do any more. What does not come to rest is a violation, and the checks go on. */
export async function comeToRest(database: Database, operator: Operator, journal: Journal): Promise<void> {
  await until(
    'no prompt is open',
    async () => await describeAll(database, (await RepliesOfLog.of(database)).open),
    journal,
  )
  await until(
    'every read model is current',
    async () => {
      const late = (await operator.models()).filter(({ state, lag }) => state !== 'live' || lag.events > 0)
      return late.length > 0 ? JSON.stringify(late.map(({ name, state, lag }) => [name, state, lag.events])) : undefined
    },
    journal,
  )
  const { redis, queuePrefix } = database
  await until(
    'the queue is empty',
    async () => {
      const jobs = await redis.keys(`${queuePrefix}:replies:????????-*`)
      return jobs.length > 0 ? `${jobs.length} jobs` : undefined
    },
    journal,
  )
}

/** Looks until nothing is missing. */
async function until(what: string, look: () => Promise<string | undefined>, journal: Journal): Promise<void> {
  const deadline = Date.now() + longestMs
  for (;;) {
    const missing = await look()
    if (missing === undefined) return
    if (Date.now() > deadline) return journal.violation('everything comes to rest', `${what}: ${missing}`)
    await pause(250)
  }
}

/** Where the service has these replies, for whoever looks for the reason. */
async function describeAll(database: Database, replies: readonly string[]): Promise<string | undefined> {
  if (replies.length === 0) return undefined
  const { redis, queuePrefix } = database
  const found = replies.slice(0, 3).map(async (replyId) => {
    const [job, lock, document] = await Promise.all([
      redis.hgetall(`${queuePrefix}:replies:${replyId}`),
      redis.get(`${queuePrefix}:replies:${replyId}:lock`),
      database.collection('open_replies').findOne({ _id: replyId }),
    ])
    return { replyId, job, lock, document }
  })
  const lists = await Promise.all(
    ['wait', 'active'].map((name) => redis.lrange(`${queuePrefix}:replies:${name}`, 0, 9)),
  )
  return `${replies.length} replies, such as ${JSON.stringify(await Promise.all(found))}; waiting and active ${JSON.stringify(lists)}`
}
