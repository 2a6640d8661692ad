import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { QueueWorker } from '../../../src/chat/replies/worker/queue-worker.js'
import type { ReplyJob } from '../../../src/chat/replies/worker/reply-queue.js'
import { dedicatedConnection } from '../../../src/event-store/redis.js'
import { until } from '../../support/embedded/lives.js'

const minuteMs = 60_000
const job = { chatId: 'chat-a', replyId: 'reply-a' }
const queueName = 'watched'
let redis: Redis
let connection: Redis
let queue: Queue<ReplyJob>
let worker: QueueWorker
let isRunning = false
let finish = () => {}

beforeEach(() => {
  isRunning = false
  const finished = new Promise<void>((resolve) => (finish = resolve))
  redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
  connection = dedicatedConnection(redis)
  queue = new Queue(queueName, { connection: redis, prefix: 'test' })
  worker = new QueueWorker(
    queueName,
    () =>
      worker.whileBusy(() => {
        isRunning = true
        return finished
      }),
    { connection, prefix: 'test', drainDelay: 0.1 },
  )
})
afterEach(async () => {
  finish()
  await worker.close()
  await queue.obliterate({ force: true })
  connection.disconnect()
  redis.disconnect()
})

it('asks the queue again and again while there is nothing to do', async () => {
  await worker.waitUntilReady()
  const later = performance.now() + minuteMs
  expect(worker.hasStopped(later)).toBe(true)
  await until('the worker asks', () => !worker.hasStopped(later - minuteMs / 2 + 500))
})

it('has stopped when it has a place and does not ask for half a minute', async () => {
  await worker.waitUntilReady()
  await worker.pause()
  expect(worker.hasStopped()).toBe(false)
  expect(worker.hasStopped(performance.now() + minuteMs)).toBe(true)
})

it('need not ask while it has no place', async () => {
  await queue.add('reply', job)
  await until('the job is run', () => isRunning)
  expect(worker.hasStopped(performance.now() + minuteMs)).toBe(false)
  finish()
  await worker.pause()
  expect(worker.hasStopped(performance.now() + minuteMs)).toBe(true)
})

it('has not stopped when it was closed', async () => {
  await worker.close()
  expect(worker.hasStopped(performance.now() + minuteMs)).toBe(false)
})
