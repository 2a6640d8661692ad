import { CommandBus } from '@nestjs/cqrs'
import type { ReplyEnding } from '../../../src/chat/chat.js'
import { Chats, chatStream } from '../../../src/chat/chats.js'
import { Deltas } from '../../../src/chat/open-reply/deltas.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { ReplyRun, type RunOptions } from '../../../src/chat/replies/worker/reply-run.js'
import { EventStoreError } from '../../../src/event-store/errors.js'
import { inTraceOf } from '../../../src/event-store/span.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'
import { status } from '../../support/llm/model-script.js'
import { traced } from '../../support/telemetry/finished-spans.js'

let deployment: ChatDeployment
let here: ChatProcess
let there: ChatProcess
/** It may ask other models. */
let withOthers: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin({ PROMPT_CACHE_SECONDS: '60', REPLY_ATTEMPTS: String(attempts) })
  ;[here, there] = [await deployment.start(), await deployment.start(['projector'])]
  withOthers = await deployment.start(['none'], { FALLBACK_MODELS: 'openai/gpt-4o-mini, openai/gpt-3.5-turbo' })
})
afterAll(() => deployment?.end())
beforeEach(() => deployment.model.answerWith('A fact.'))

const never = new AbortController().signal
const attempts = 3
const run = (job: { chatId: string; replyId: string }, options: Partial<RunOptions> = {}, at = here) =>
  at.get(ReplyRun).reply(job, { attempt: attempts, isAwaited: false, signal: never, ...options })
/** A chat with an open reply, whose prompt is one that nobody has asked yet. */
async function asked(model?: string) {
  const prompt = newPrompt(model)
  await there.append(prompt.started, { ...prompt.sent, personal: { text: `What is ${prompt.chat.chatId}?` } })
  return prompt
}
const holds = () => here.get(ReplyHolds)
const types = async (chatId: string) => (await here.events(chatId)).map(({ type }) => type)
const stateOfHold = (replyId: string) => [holds().isHere(replyId), holds().hasEndedHere(replyId)]
const requests = () => deployment.model.requests.length
describe('a run', () => {
  it('ends the reply with what the model has said', async () => {
    const { chat, reply } = await asked()
    await run(reply)
    expect(await here.newest(chat.chatId, 'ReplyCompleted')).toEqual({
      type: 'ReplyCompleted',
      data: {
        ...reply,
        attempt: expect.stringMatching(/^[0-9a-f-]{36}$/),
        model: 'openai/gpt-4o-mini',
        tokens: { prompt: 3, completion: 2, total: 5, by: 'provider' },
        finish: 'stop',
        latency: expect.any(Number),
      },
      personal: { text: 'A fact.' },
    })
    expect(stateOfHold(reply.replyId)).toEqual([false, true])
  })

  it('measures how long the model took, and not since when', async () => {
    const { chat, reply } = await asked()
    const began = Date.now()
    await run(reply)
    const { data } = (await here.newest(chat.chatId, 'ReplyCompleted')) as { data: { latency: number } }
    expect(data.latency).toBeGreaterThanOrEqual(0)
    expect(data.latency).toBeLessThanOrEqual(Date.now() - began + 1) // both are rounded
  })

  it('holds the reply from the start, and begins when it is its turn', async () => {
    const { reply } = await asked()
    const before = requests()
    await run(reply, {
      turn: async (stop) => {
        expect([...stateOfHold(reply.replyId), stop.aborted]).toEqual([true, false, false])
        await new Promise(setImmediate)
        expect(requests()).toBe(before)
      },
    })
    expect(requests()).toBe(before + 1)
  })

  it('does nothing for a reply that has ended, but deletes what is left of it', async () => {
    const { chat, reply } = await asked()
    await there.append(its.of(its.completed, reply))
    await there.get(Deltas).add(chat.chatId, reply.replyId, { attempt: 'a', offset: 0, text: 'A f' })
    const before = requests()
    await run(reply)
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent', 'ReplyCompleted'])
    expect([requests(), await here.redis.keys(`*:reply:${reply.replyId}`)]).toEqual([before, []])
    expect(stateOfHold(reply.replyId)).toEqual([false, true])
  })

  it('looks again when what this process knows of the chat is old', async () => {
    const { chat, reply } = await asked()
    await here.get(Chats).state(chat.chatId)
    const second = { ...reply, promptId: 'p2', replyId: `${reply.replyId}-2` }
    await there.append(its.of(its.completed, reply), its.of(its.sent, second))
    await run(second)
    expect(await here.newest(chat.chatId, 'ReplyCompleted')).toMatchObject({ data: second })
  })

  it('ends nothing where another one has ended the reply meanwhile', async () => {
    const { chat, reply } = await asked()
    await here.get(Chats).state(chat.chatId)
    await there.append(its.of(its.failed, reply))
    await run(reply)
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent', 'ReplyFailed'])
  })

  it('gives an answer again, and says so', async () => {
    const [first, second] = [newPrompt(), newPrompt()]
    for (const { started, sent, reply } of [first, second]) {
      await there.append(started, { ...sent, personal: { text: 'The same question' } })
      await run(reply)
    }
    const [one, other] = await Promise.all(
      [first, second].map(({ chat }) => here.newest(chat.chatId, 'ReplyCompleted')),
    )
    expect((one as ReplyEnding).data).not.toHaveProperty('cached')
    expect(other).toMatchObject({
      data: { cached: true, finish: 'stop', tokens: { prompt: 0, completion: 0, total: 0, by: 'tokenizer' } },
      personal: { text: 'A fact.' },
    })
  })

  it('is asked to stop: the reply ends with what was written', async () => {
    const { chat, reply } = await asked()
    deployment.model.answerWith('One two three')
    deployment.stallNext(2)
    const running = run(reply)
    await eventually(
      () => here.get(Deltas).latestText(chat.chatId, reply.replyId),
      (found) => found?.text === 'One two',
    )
    expect(await holds().stop(reply.replyId)).toBe(true)
    await running
    const { attempt, model, tokens } = its.cancelled.data
    const cancelled = await here.newest(chat.chatId, 'ReplyCancelled')
    expect(cancelled).toEqual({
      type: 'ReplyCancelled',
      data: {
        ...reply,
        attempt: expect.any(String),
        model: expect.any(String),
        tokens: { ...tokens, prompt: expect.any(Number), completion: 2, total: expect.any(Number), by: 'tokenizer' },
      },
      personal: { text: 'One two' },
    })
    expect(cancelled).not.toMatchObject({ data: { attempt } })
    expect(cancelled).not.toMatchObject({ data: { model } })
    expect(stateOfHold(reply.replyId)).toEqual([false, true])
  })

  it('leaves nothing of a reply in Redis that was read elsewhere', async () => {
    const { chat, reply } = await asked()
    deployment.model.answerWith('One two three')
    const goOn = deployment.stallNext(2)
    const running = run(reply, { isAwaited: true })
    const text = await eventually(
      () => there.get(Deltas).latestText(chat.chatId, reply.replyId),
      (found) => found?.text === 'One two',
    )
    goOn()
    await running
    const { data } = (await here.newest(chat.chatId, 'ReplyCompleted')) as typeof its.completed
    expect(data.attempt).toBe(text!.attempt)
    expect(await here.redis.keys(`*:reply:${reply.replyId}`)).toEqual([])
  })

  it('of a chat that is erased meanwhile ends without a trace', async () => {
    const { chat, reply } = await asked()
    await run(reply, { turn: () => here.engine.vault.destroy(chatStream(chat.chatId), new Date()) })
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent'])
    expect(stateOfHold(reply.replyId)).toEqual([false, true])
  })
})

describe('a run that fails', () => {
  it.each([
    ['the model declines', status(401), 'provider_unauthorized'],
    ['the model is not there', status(404), 'unknown_model'],
  ])('ends the reply when no other run could mend it: %s', async (_, fault, code) => {
    const { chat, reply } = await asked()
    deployment.model.failNext(fault)
    await run(reply, { attempt: attempts - 1 })
    expect(await here.newest(chat.chatId, 'ReplyFailed')).toEqual({
      type: 'ReplyFailed',
      data: { ...reply, code },
      personal: { detail: expect.stringMatching(/\w/) },
    })
    expect(stateOfHold(reply.replyId)).toEqual([false, true])
  })

  it('ends the reply of a project that is not there', async () => {
    const { reply, started, sent } = newPrompt()
    await there.append(started, its.of(sent, { projectId: 'p-none' }))
    await run(reply, { attempt: attempts - 1 })
    expect(await here.newest(reply.chatId, 'ReplyFailed')).toMatchObject({
      data: { code: 'not_found' },
      personal: { detail: 'Project not found' },
    })
  })

  it('leaves the reply open for another run', async () => {
    const { chat, reply } = await asked()
    deployment.model.failNext(status(503))
    await expect(run(reply, { attempt: attempts - 1 })).rejects.toMatchObject({
      pauseMs: expect.any(Number),
      cause: { code: 'provider_unavailable' },
    })
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent'])
    expect(stateOfHold(reply.replyId)).toEqual([false, false])
  })

  it('ends the reply on the last run', async () => {
    const { chat, reply } = await asked()
    deployment.model.failNext(status(503))
    await run(reply, { attempt: attempts })
    expect(await here.newest(chat.chatId, 'ReplyFailed')).toMatchObject({ data: { code: 'provider_unavailable' } })
  })

  it.each([
    ['is away', status(503)],
    ['does not accept our key', status(401)],
    ['asks us to slow down', status(429)],
  ])('asks another model when the first one %s, and says which one has answered', async (_, fault) => {
    const { chat, reply } = await asked()
    deployment.model.failNext(fault)
    await run(reply, {}, withOthers)
    expect(await here.newest(chat.chatId, 'ReplyCompleted')).toMatchObject({ data: { model: 'openai/gpt-3.5-turbo' } })
    expect(withOthers.log.at(-1)).toMatch(`warn: reply ${reply.replyId}: its model does not answer: provider_`)
  })

  it('asks no other model when the prompt is what is wrong', async () => {
    const { chat, reply } = await asked()
    deployment.model.failNext({ fault: 'status', at: 400, body: { error: { code: 'content_filter' } } })
    const before = requests()
    await run(reply, {}, withOthers)
    expect(await here.newest(chat.chatId, 'ReplyFailed')).toMatchObject({ data: { code: 'content_filtered' } })
    expect(requests()).toBe(before + 1)
  })

  it('asks each model once, and may be mended if one of them may', async () => {
    const { reply } = await asked()
    deployment.model.failNext(status(401))
    deployment.model.failNext(status(503))
    const before = requests()
    await expect(run(reply, { attempt: 1 }, withOthers)).rejects.toMatchObject({
      cause: { code: 'provider_unavailable' },
    })
    expect(requests()).toBe(before + 2)
  })

  it('says of several faults that none can mend the first one', async () => {
    const { chat, reply } = await asked()
    deployment.model.failNext(status(401))
    deployment.model.failNext(status(404))
    await run(reply, {}, withOthers)
    expect(await here.newest(chat.chatId, 'ReplyFailed')).toMatchObject({ data: { code: 'provider_unauthorized' } })
  })

  it.each(['contended', 'newer_event'] as const)(
    'leaves the reply open, on the last run, too, when another worker may mend it: %s',
    async (code) => {
      const { chat, reply } = await asked()
      const fault = new EventStoreError(code, 'not now')
      const open = jest.spyOn(here.engine.vault, 'openOrEmpty').mockRejectedValueOnce(fault)
      await expect(run(reply, { attempt: attempts })).rejects.toBe(fault)
      open.mockRestore()
      expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent'])
    },
  )

  it('ends the reply with the answer that it has when the database is away at the end', async () => {
    const { chat, reply } = await asked()
    const before = requests()
    const fault = new EventStoreError('outcome_unknown', 'not now')
    const execute = jest.spyOn(here.get(CommandBus), 'execute').mockRejectedValueOnce(fault)
    await run(reply)
    expect(await here.newest(chat.chatId, 'ReplyCompleted')).toMatchObject({ personal: { text: 'A fact.' } })
    const ends = execute.mock.calls.map(([command]) => command)
    expect([ends.length, new Set(ends).size, requests()]).toEqual([2, 1, before + 1])
    execute.mockRestore()
  })

  it('leaves the reply open when it cannot be ended for a reason that will stay', async () => {
    const { chat, reply } = await asked()
    const fault = new EventStoreError('damaged_log', 'a person must act')
    const execute = jest.spyOn(here.get(CommandBus), 'execute').mockRejectedValueOnce(fault)
    await expect(run(reply)).rejects.toBe(fault)
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent'])
    execute.mockRestore()
  })

  it('leaves the reply open when the log is damaged: a person must act first', async () => {
    const { chat, reply } = await asked()
    const log = here.db.collection<{ stream: string; meta: { actor: string } }>('log')
    const setActor = (actor: string) =>
      log.updateOne({ stream: chatStream(chat.chatId) }, { $set: { 'meta.actor': actor } })
    const { meta } = (await log.findOne({ stream: chatStream(chat.chatId) }))!
    await setActor('somebody else')
    await expect(run(reply, { attempt: attempts })).rejects.toMatchObject({ code: 'damaged_log' })
    await setActor(meta.actor)
    await run(reply)
    expect(await here.newest(chat.chatId, 'ReplyCompleted')).toMatchObject({ data: reply })
  })

  it('passes on why this process stops, and leaves the reply open', async () => {
    const { chat, reply } = await asked()
    deployment.stallNext(1)
    const stopping = new AbortController()
    const running = run(reply, { signal: stopping.signal })
    await eventually(
      () => here.get(Deltas).latestText(chat.chatId, reply.replyId),
      (found) => found !== undefined,
    )
    stopping.abort(new Error('the worker stops'))
    await expect(running).rejects.toThrow('the worker stops')
    expect(await types(chat.chatId)).toEqual(['ChatStarted', 'PromptSent'])
    expect(stateOfHold(reply.replyId)).toEqual([false, false])
  })
})

describe('a run that is traced', () => {
  const spans = traced()

  it('belongs to the trace of its prompt', async () => {
    const { reply, started, sent } = newPrompt()
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await inTraceOf(trace, () => there.append(started, sent))
    await run(reply)
    const answer = spans().find(({ name }) => name === 'answer')!
    expect(answer).toMatchObject({ kind: 4, attributes: { 'verbatim.reply.id': reply.replyId } })
    expect(answer.spanContext().traceId).toBe('a'.repeat(32))
    const end = spans().find(({ name }) => name === 'EndReply')!
    expect(end.parentSpanContext?.spanId).toBe(answer.spanContext().spanId)
  })
})
