import { getQueueToken } from '@nestjs/bullmq'
import { type Queue, Worker } from 'bullmq'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { queuePrefix, type ReplyJob, ReplyQueue, replyQueue } from '../../../src/chat/replies/worker/reply-queue.js'
import { dedicatedConnection, redisName } from '../../../src/event-store/redis.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'

let deployment: ChatDeployment
let here: ChatProcess
let queue: ReplyQueue
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start()
  queue = here.get(ReplyQueue)
})
afterAll(() => deployment?.end())

/** The run that is the last one ends the job itself. Redis rounds the number. */
const asManyAsItTakes = 1e15
const bull = () => here.get<Queue<ReplyJob>>(getQueueToken(replyQueue))
const jobOf = async (replyId: string) => (await bull().getJob(replyId))!
const newJob = () => {
  const { chatId, replyId } = newPrompt().reply
  return { chatId, replyId }
}

/** A worker that has taken the job, and keeps it for as long as the work lasts. */
async function whileTaken(replyId: string, work: () => Promise<void>): Promise<void> {
  let giveBack = () => {}
  const until = new Promise<void>((resolve) => (giveBack = resolve))
  const connection = dedicatedConnection(here.redis)
  const worker = new Worker(replyQueue, () => until, { connection, prefix: queuePrefix(here.db) })
  worker.on('error', () => {})
  try {
    await eventually(async () => (await jobOf(replyId)).isActive(), Boolean)
    await work()
  } finally {
    giveBack()
    await worker.close()
    connection.disconnect()
  }
}

describe('a reply in the queue', () => {
  it('is a job of that name with ids only, which waits', async () => {
    const job = newJob()
    await queue.add({ ...job, text: 'What is an event?' } as ReplyJob)
    const { name, data, opts } = await jobOf(job.replyId)
    expect({ name, data }).toEqual({ name: 'reply', data: job })
    expect(opts).toMatchObject({ delay: 0, removeOnComplete: true, removeOnFail: true })
    expect(opts.attempts).toBeGreaterThan(asManyAsItTakes)
    expect(opts.backoff).toEqual({ type: 'custom' })
    expect(await here.redis.exists(redisName(here.db, 'queue', replyQueue, job.replyId))).toBe(1)
    expect(await queue.stateOf(job.replyId)).toBe('queued')
  })

  it('is there once, however often it is added', async () => {
    const job = newJob()
    const before = (await queue.counts()).waiting!
    await queue.add(job)
    await queue.add({ ...job, tried: 1 })
    expect((await jobOf(job.replyId)).data).toEqual(job)
    expect((await queue.counts()).waiting).toBe(before + 1)
  })

  it('knows how often it was tried before, and waits as long as it is told to', async () => {
    const job = { ...newJob(), tried: 1 }
    const before = (await queue.counts()).delayed!
    await queue.add(job, 60_000)
    const { data, opts } = await jobOf(job.replyId)
    expect([data, opts.delay]).toEqual([job, 60_000])
    expect(opts.attempts).toBeGreaterThan(asManyAsItTakes)
    expect(await queue.counts()).toMatchObject({ delayed: before + 1, active: 0 })
  })

  it('is missing when nobody has added it', async () => {
    expect([await queue.stateOf('r-none'), await queue.attempts('r-none')]).toEqual(['missing', undefined])
    await queue.addAnew('r-none')
    expect(await queue.stateOf('r-none')).toBe('missing')
  })
})

describe('a reply that a worker has taken', () => {
  beforeEach(() => bull().obliterate({ force: true }))

  it('is abandoned when nobody holds its lock, and can be added anew', async () => {
    const job = newJob()
    await queue.add(job)
    expect(await queue.attempts(job.replyId)).toBe(0)
    await whileTaken(job.replyId, async () => {
      expect([await queue.stateOf(job.replyId), await queue.attempts(job.replyId)]).toEqual(['queued', 1])
      await expect(queue.addAnew(job.replyId)).rejects.toThrow('locked')
      await here.redis.del(redisName(here.db, 'queue', replyQueue, job.replyId, 'lock'))
      expect(await queue.stateOf(job.replyId)).toBe('abandoned')
      await queue.addAnew(job.replyId)
      const { data, attemptsStarted } = await jobOf(job.replyId)
      expect(data).toEqual(job)
      expect(attemptsStarted).toBeLessThanOrEqual(1)
    })
  })
})

describe('a prompt in the log', () => {
  let reading: ChatProcess
  beforeAll(async () => {
    reading = await deployment.start()
    reading.engine.start({ reactors: true })
  })

  it('comes into the queue, unless some process answers it or has just ended it', async () => {
    const [free, held, ended, last] = [newPrompt(), newPrompt(), newPrompt(), newPrompt()]
    const holds = reading.get(ReplyHolds)
    const release = holds.hold(held.reply.replyId, () => {})
    holds.hold(ended.reply.replyId, () => {})(true)
    for (const { started, sent } of [free, held, ended, last]) await here.append(started, sent)
    await eventually(
      () => queue.stateOf(last.reply.replyId),
      (state) => state === 'queued',
    )
    expect(await Promise.all([free, held, ended].map(({ reply }) => queue.stateOf(reply.replyId)))).toEqual([
      'queued',
      'missing',
      'missing',
    ])
    expect((await jobOf(free.reply.replyId)).data).toEqual({
      chatId: free.reply.chatId,
      replyId: free.reply.replyId,
    })
    release(false)
    await here.append(its.of(its.completed, free.reply))
  })
})
