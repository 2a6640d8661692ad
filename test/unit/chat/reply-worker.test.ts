import { getQueueToken } from '@nestjs/bullmq'
import type { Queue } from 'bullmq'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { Deltas } from '../../../src/chat/open-reply/deltas.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { type ReplyJob, ReplyQueue, replyQueue } from '../../../src/chat/replies/worker/reply-queue.js'
import { Drain } from '../../../src/commands/drain.js'
import { redisName } from '../../../src/event-store/redis.js'
import { SelfChecks } from '../../../src/commands/self-checks.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'
import { status } from '../../support/llm/model-script.js'

let deployment: ChatDeployment
/** Writes no replies. */
let writer: ChatProcess
let worker: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin({
    REPLY_ATTEMPTS: '3',
    REPLY_BACKOFF_MS: '1',
    WORKER_CONCURRENCY: '1',
  })
  deployment.model.answerWith('One two three')
  ;[writer, worker] = [await deployment.start(['api']), await deployment.start(['worker'])]
})
afterAll(() => deployment?.end())
beforeEach(() => void worker.log.splice(0))
afterEach(() => jest.restoreAllMocks())

const jobs = () => writer.get<Queue<ReplyJob>>(getQueueToken(replyQueue))
const requests = () => deployment.model.requests.length

/** A prompt that this process has sent. */
async function ask(at: ChatProcess) {
  const prompt = newPrompt()
  await at.append(prompt.started, prompt.sent)
  return prompt.reply
}
const restart = async (environment: Record<string, string> = {}) => {
  await worker.close()
  worker = await deployment.start(['worker'], environment)
}
/** A prompt of a process that writes no replies: the reactor puts it into the queue. */
const queued = () => ask(writer)
/** One that was tried before the worker began. */
async function triedOnce(environment: Record<string, string> = {}) {
  await worker.close()
  const reply = await ask(writer)
  await writer.get(ReplyQueue).add({ ...reply, tried: 1 })
  await restart(environment)
  return reply
}
const ends = ({ chatId }: { chatId: string }, type: ChatEvent['type'] = 'ReplyCompleted') => writer.newest(chatId, type)
const written = ({ chatId, replyId }: { chatId: string; replyId: string }, at = worker) =>
  eventually(
    () => at.get(Deltas).latestText(chatId, replyId),
    (text) => text !== undefined,
  )
const warnings = () => worker.log.filter((line) => /^warn.*attempt/.test(line))

describe('a prompt of a process that writes replies', () => {
  it('is answered there, without the queue', async () => {
    const adding = jest.spyOn(ReplyQueue.prototype, 'add')
    const reply = await ask(worker)
    expect(worker.get(ReplyHolds).isHere(reply.replyId)).toBe(true)
    expect(await ends(reply)).toMatchObject({ data: reply, personal: { text: 'One two three' } })
    expect(adding).not.toHaveBeenCalled()
    expect(warnings()).toEqual([])
  })

  it('is not ready any more once it asks the queue for nothing', () => {
    const checks = worker.get(SelfChecks)
    expect(checks.faults()).toEqual([])
    const later = performance.now() + 60_000
    jest.spyOn(performance, 'now').mockReturnValue(later)
    expect(checks.faults()).toEqual([{ part: 'worker', fault: 'this worker takes no more replies from the queue' }])
  })

  it('waits in line for a place, and for a second at most: then it is in the queue, and was not tried yet', async () => {
    const goOn = deployment.stallNext(1)
    const first = await ask(worker)
    await written(first)
    const adding = jest.spyOn(ReplyQueue.prototype, 'add') // its job may have ended before anybody looks
    const { chatId, replyId } = await ask(worker)
    const second = { chatId, replyId }
    const added = () => adding.mock.calls.find(([job]) => job.replyId === replyId)
    expect(await eventually(async () => added(), Boolean)).toEqual([second])
    expect(warnings()).toEqual([])
    goOn()
    await Promise.all([ends(first), ends(second)])
  })

  it('gives its place to the next one when it has ended', async () => {
    const goOn = deployment.stallNext(1)
    const first = await ask(worker)
    await written(first)
    const adding = jest.spyOn(ReplyQueue.prototype, 'add')
    const second = await ask(worker)
    goOn()
    await Promise.all([ends(first), ends(second)])
    await ends(await ask(worker))
    expect(adding).not.toHaveBeenCalled()
  })

  it('that is stopped while it waits in line ends, and needs no place', async () => {
    const goOn = deployment.stallNext(1)
    const first = await ask(worker)
    await written(first)
    const [second, before] = [await ask(worker), requests()]
    expect(await worker.get(ReplyHolds).stop(second.replyId)).toBe(true)
    expect(await ends(second, 'ReplyCancelled')).toMatchObject({ personal: { text: '' } })
    expect(requests()).toBe(before)
    goOn()
    await ends(first)
    await ends(await ask(worker)) // the place was given back once
  })

  it('goes to the queue when its first attempt fails, which counts', async () => {
    const adding = jest.spyOn(ReplyQueue.prototype, 'add')
    deployment.model.failNext(status(503))
    const reply = await ask(worker)
    expect(await ends(reply)).toMatchObject({ personal: { text: 'One two three' } })
    const { chatId, replyId } = reply
    expect(adding.mock.calls).toContainEqual([{ chatId, replyId, tried: 1 }, expect.any(Number)])
    expect(warnings()).toEqual([expect.stringMatching(`^warn: reply ${replyId}: attempt 1 failed: .+`)])
  })

  it('fails with the last of all attempts', async () => {
    const before = requests()
    deployment.model.failNext(status(503), 3)
    const reply = await ask(worker)
    expect(await ends(reply, 'ReplyFailed')).toMatchObject({ data: { code: 'provider_unavailable' } })
    expect(requests()).toBe(before + 3)
  })

  it('stays open when the queue is away, too: the reconciler finds it', async () => {
    const adding = jest.spyOn(ReplyQueue.prototype, 'add').mockRejectedValueOnce(new Error('Redis is away'))
    deployment.model.failNext(status(503))
    const reply = await ask(worker)
    await eventually(
      async () => worker.log,
      (log) => log.includes('debug: queue: Error: Redis is away'),
    )
    expect(adding).toHaveBeenCalled()
    expect((await writer.events(reply.chatId)).at(-1)).toMatchObject({ type: 'PromptSent' })
    await writer.get(ReplyQueue).add(reply)
    await ends(reply)
  })
})

describe('the pause before another attempt', () => {
  it.each([
    ['prompt of its own', () => ask(worker)],
    ['reply from the queue', queued],
  ])('is kept by the queue: after a %s', async (_, begin) => {
    deployment.model.failNext({ fault: 'rate_limit', at: 7_200 })
    const { replyId } = await begin()
    const job = await eventually(
      () => jobs().getJob(replyId),
      (found) => found?.delay === 60_000,
    )
    expect(await eventually(() => job!.isDelayed(), Boolean)).toBe(true)
    await job!.remove()
  })

  it('goes on from the attempts that were made without the queue', async () => {
    deployment.model.failNext(status(503))
    const { replyId } = await triedOnce({ REPLY_BACKOFF_MS: '10000' })
    const job = await eventually(
      () => jobs().getJob(replyId),
      (found) => (found?.delay ?? 0) > 0,
    )
    expect(job!.delay).toBeGreaterThanOrEqual(15_000)
    expect(job!.delay).toBeLessThanOrEqual(25_000)
    await job!.remove()
    await restart()
  })
})

describe('a reply from the queue', () => {
  it('is answered', async () => {
    const reply = await queued()
    expect(await ends(reply)).toMatchObject({ data: reply, personal: { text: 'One two three' } })
    await eventually(
      () => writer.get(ReplyQueue).stateOf(reply.replyId),
      (state) => state === 'missing',
    )
  })

  it.each([
    ['has all its attempts when nobody has tried it', queued, 3],
    ['has those that are left', () => triedOnce(), 2],
  ] as const)('%s', async (_, begin, attempts) => {
    const before = requests()
    deployment.model.failNext(status(503), attempts)
    const reply = await begin()
    expect(await ends(reply, 'ReplyFailed')).toMatchObject({ data: { code: 'provider_unavailable' } })
    expect(requests()).toBe(before + attempts)
  })

  it('says which attempt has failed', async () => {
    deployment.model.failNext(status(503))
    const reply = await queued()
    await ends(reply)
    expect(warnings()).toEqual([expect.stringMatching(`^warn: reply ${reply.replyId}: attempt 1 failed: .+`)])
  })

  it('waits while another process writes it, which costs it no attempt', async () => {
    const { started, sent, reply } = newPrompt()
    const hold = redisName(writer.db, 'running', reply.replyId)
    await writer.redis.set(hold, 'another process')
    const begun = Date.now()
    await writer.append(started, sent)
    await writer.get(ReplyQueue).add(reply)
    const job = await eventually(
      () => jobs().getJob(reply.replyId),
      (found) => (found?.attemptsStarted ?? 0) > 0,
    )
    await eventually(() => job!.isDelayed(), Boolean)
    const { attemptsMade, delay } = (await jobs().getJob(reply.replyId))!
    expect(attemptsMade).toBe(0)
    expect(delay).toBeGreaterThan(1_000)
    expect(delay).toBeLessThanOrEqual(2_000 + Date.now() - begun)
    await writer.redis.del(hold)
    expect(await ends(reply)).toMatchObject({ personal: { text: 'One two three' } })
  })
})

describe('a process that ends', () => {
  it('gives what it writes back to the queue, untried', async () => {
    const goOn = deployment.stallNext(1)
    const reply = await ask(worker)
    await written(reply)
    await worker.close()
    goOn()
    const job = (await jobs().getJob(reply.replyId))!
    expect(job.data).toEqual({ chatId: reply.chatId, replyId: reply.replyId })
    expect([await job.isDelayed(), warnings()]).toEqual([false, []])
    worker = await deployment.start(['worker'])
    await ends(reply)
  })

  it('gives what it has from the queue back, untried', async () => {
    const goOn = deployment.stallNext(1)
    const reply = await queued()
    await written(reply)
    await worker.close()
    goOn()
    expect(await writer.get(ReplyQueue).stateOf(reply.replyId)).toBe('queued')
    const job = (await jobs().getJob(reply.replyId))!
    expect([job.attemptsMade, await job.isFailed(), warnings()]).toEqual([0, false, []])
    worker = await deployment.start(['worker'])
    await ends(reply)
  })

  it('finishes what it writes, and takes nothing more, once that is announced', async () => {
    const goOn = deployment.stallNext(1)
    const first = await ask(worker)
    await written(first)
    const drain = worker.get(Drain)
    expect(drain.hasUnfinished).toBe(false)
    drain.announce()
    expect(drain.hasUnfinished).toBe(true)
    const second = await ask(worker)
    expect(worker.get(ReplyHolds).isHere(second.replyId)).toBe(false)
    const third = await ask(writer)
    goOn()
    await ends(first)
    await eventually(
      async () => drain.hasUnfinished,
      (hasUnfinished) => !hasUnfinished,
    )
    for (const { chatId } of [second, third])
      expect((await writer.events(chatId)).at(-1)).toMatchObject({ type: 'PromptSent' })
    await restart()
    await Promise.all([ends(second), ends(third)])
  })
})

describe('a process with another role', () => {
  it('takes no reply', async () => {
    await worker.close()
    const [own, other] = [await ask(writer), await ask(writer)]
    await writer.get(ReplyQueue).add(other)
    for (const { replyId } of [own, other]) expect(writer.get(ReplyHolds).isHere(replyId)).toBe(false)
    expect(await writer.get(ReplyQueue).stateOf(other.replyId)).toBe('queued')
    worker = await deployment.start(['worker'])
    await Promise.all([ends(own), ends(other)])
  })
})
