import { Redis } from 'ioredis'
import { Binary } from 'mongodb'
import { pause } from '../../../src/event-store/timing.js'
import { loadTokenizer } from '../../../src/llm/tokens.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { wordsOf } from '../../support/llm/model-script.js'
import { following, Reader, sending } from '../../support/chat/reader.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { answeredBy, type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let log: ReplyLog
let here: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  log = world.closeAtEnd(await ReplyLog.of(world))
  here = await world.account(await world.start().url())
})

afterAll(() => world?.end())

const answer = 'One two three 😀 four five six seven eight nine ten.'
const half = wordsOf(answer).slice(0, 5).join('')

beforeEach(() => model.answerWith(answer))

/** A reply of which one half is written, and read; the model says the rest when it is told to. */
async function halfWritten(chat: string) {
  let goOn = () => {}
  model.failNext({ fault: 'stall', at: 5, until: new Promise<void>((resolve) => (goOn = resolve)) })
  const reader = new Reader()
  const read = reader.read(here, sending(chat, { text: 'Count' }))
  await eventually(
    async () => reader.text,
    (text) => text === half,
  )
  return { reader, read, goOn }
}

const messagesOf = async (chat: string) => (await here.get(`/chat/${chat}/messages`)).body.messages

describe('a reply that is cancelled while it is written', () => {
  it('keeps what was written, and its tokens as the tokenizer counts them', async () => {
    const { reader, read } = await halfWritten('half')
    const { status, body } = await here.post('/chat/half/cancel')
    await read
    await model.idle() // nobody listens to the model any more
    const { countTokens, countMessages } = await loadTokenizer()
    const prompt = countMessages([{ role: 'user', content: 'Count' }])
    const tokens = { prompt, completion: countTokens(half), total: prompt + countTokens(half), by: 'tokenizer' }
    expect(await log.endOf(reader.replyId)).toMatchObject({
      type: 'ReplyCancelled',
      data: { tokens, attempt: reader.lastEventId!.split(':')[1] },
    })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        messageId: reader.replyId,
        promptId: reader.promptId,
        status: 'cancelled',
        text: half,
        tokens: tokens.total,
      },
    })
    expect(reader).toMatchObject({
      text: half,
      resets: 0,
      ended: { event: 'cancelled', data: { text: half, tokens: tokens.total } },
    })
    expect((await messagesOf('half')).at(-1)).toMatchObject({
      id: reader.replyId,
      status: 'cancelled',
      text: half,
      tokens: tokens.total,
    })
    expect(await new Reader().read(here, following(reader.replyId))).toMatchObject({
      text: half,
      ended: { event: 'cancelled' },
    })
  })

  it('is what the next prompt goes on from', async () => {
    const { read } = await halfWritten('next')
    await here.post('/chat/next/cancel')
    await read
    const { status, body } = await here.post('/chat/next/send', { text: 'Go on' })
    expect({ status, body }).toMatchObject({ status: 200, body: { text: answer, status: 'completed' } })
    expect(model.requests.at(-1)!.body).toMatchObject({
      messages: [{ content: 'Count' }, { role: 'assistant', content: half }, { content: 'Go on' }],
    })
  })

  it('ends once, however often and by however many it is cancelled', async () => {
    const { reader, read } = await halfWritten('often')
    const cancelled = await Promise.all(Array.from({ length: 5 }, () => here.post('/chat/often/cancel')))
    await read
    for (const { status, body } of [...cancelled, await here.post('/chat/often/cancel')]) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { messageId: reader.replyId, status: 'cancelled', text: half },
      })
    }
    expect(await log.endOf(reader.replyId)).toMatchObject({ type: 'ReplyCancelled' })
  })

  it('answers whoever waits for it whole with what was written', async () => {
    model.failNext({ fault: 'stall', at: 5 })
    const waiting = here.post('/chat/whole/send', { text: 'Count' })
    await eventually(
      async () => model.concurrent,
      (count) => count === 1,
    )
    const { replyId } = (await log.events()).findLast(({ type }) => type === 'PromptSent')!.data
    await new Reader().read(here, following(replyId), { until: ({ text }) => text === half })
    await here.post('/chat/whole/cancel')
    expect(await waiting).toMatchObject({ status: 200, body: { text: half, status: 'cancelled', messageId: replyId } })
  })
})

describe('a cancel', () => {
  it('of a chat that waits for nothing tells how its latest reply ended', async () => {
    const sent = await here.post('/chat/done/send', { text: 'Count' })
    expect(await here.post('/chat/done/cancel')).toMatchObject({
      status: 200,
      body: { messageId: sent.body.messageId, status: 'completed', text: answer },
    })
    expect(await here.post('/chat/never/cancel')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    await log.endOf(sent.body.messageId)
  })

  it('that races with the reply’s completion leaves one end, and everybody hears of the same', async () => {
    const ends: string[] = []
    // The model goes on a little later after each round that it has won, a little sooner after the others, if need be
    // before the cancel: they stay close.
    for (let [round, headStartMs] = [0, 0]; round < 40; round++) {
      const chat = `race-${round}`
      const { reader, read, goOn } = await halfWritten(chat)
      setTimeout(goOn, Math.max(0, headStartMs))
      await pause(Math.max(0, -headStartMs))
      const { status, body } = await here.post(`/chat/${chat}/cancel`)
      await read
      const { type } = await log.endOf(reader.replyId)
      expect(status).toBe(200)
      expect(type).toBe(body.status === 'completed' ? 'ReplyCompleted' : 'ReplyCancelled')
      expect(reader).toMatchObject({
        text: body.text,
        ended: { event: body.status === 'completed' ? 'done' : 'cancelled' },
      })
      expect((await messagesOf(chat)).at(-1)).toMatchObject({ status: body.status, text: body.text })
      expect(answer.startsWith(body.text)).toBe(true)
      ends.push(type)
      headStartMs += type === 'ReplyCompleted' ? 3 : -3
    }
    expect(new Set(ends)).toEqual(new Set(['ReplyCompleted', 'ReplyCancelled']))
  })

  it('ends a reply that no worker has taken, and none takes it later', async () => {
    const alone = await World.begin(answeredBy(model))
    try {
      const me = await alone.account(await alone.start({ ROLES: 'api,projector' }).url())
      const sent = await me.with({ prefer: 'respond-async' }).post('/chat/queued/send', { text: 'Count' })
      expect(sent.status).toBe(202)
      const cancelled = { messageId: sent.body.messageId, status: 'cancelled', text: '', tokens: 0 }
      expect(await me.post('/chat/queued/cancel')).toMatchObject({ status: 200, body: cancelled })
      expect(await new Reader().read(me, following(sent.body.messageId))).toMatchObject({
        text: '',
        ended: { event: 'cancelled' },
      })
      const asked = model.requests.length
      const other = await me.with({ prefer: 'respond-async' }).post('/chat/other/send', { text: 'Hello' })
      await alone.start({ ROLES: 'worker' }).url()
      // It has come to the second prompt, so it has been at the first.
      await new Reader().read(me, following(other.body.messageId))
      expect(model.requests.slice(asked).map(({ body }) => body)).toMatchObject([{ messages: [{ content: 'Hello' }] }])
      const own = await ReplyLog.of(alone)
      expect((await own.endOf(sent.body.messageId)).type).toBe('ReplyCancelled')
      await own.close()
    } finally {
      await alone.end()
    }
  })
})

describe('a chat that is deleted while it is answered', () => {
  it('ends its reply in the same append, stops the model, and is gone', async () => {
    const { reader, read } = await halfWritten('deleted')
    expect((await here.ask('DELETE', '/chat/deleted')).status).toBe(204)
    await read
    await model.idle()
    const end = await log.endOf(reader.replyId)
    expect(end.type).toBe('ReplyCancelled')
    expect(end.append.events.map(({ type }) => type)).toEqual(['ReplyCancelled', 'ChatDeleted'])
    expect(reader).toMatchObject({ text: half, ended: { event: 'cancelled', data: { text: half } } })
    for (const path of [
      '/chat/deleted/messages',
      `/chat/replies/${reader.replyId}`,
      `/chat/replies/${reader.replyId}/stream`,
    ]) {
      expect(await here.get(path)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    expect(await here.post('/chat/deleted/send', { text: 'Count' })).toMatchObject({
      status: 409,
      body: { code: 'name_used' },
    })
  })

  it('and erased is read by nobody any more: its key is destroyed, and what Redis had of it is dropped', async () => {
    const { reader, read } = await halfWritten('erased')
    const sent = (await log.events()).find(({ type, data }) => type === 'PromptSent' && data.replyId === reader.replyId)
    expect((await here.ask('DELETE', '/chat/erased?erase=true')).status).toBe(204)
    await read
    await model.idle()
    const end = await log.endOf(reader.replyId)
    expect(end.append.events.map(({ type }) => type)).toEqual(['ReplyCancelled', 'ChatDeleted', 'ChatErased'])
    expect(end.append.events[0]!.personal).toBeInstanceOf(Binary)
    const key = await log.db.collection<{ _id: string }>('keys').findOne({ _id: sent!.append.stream })
    expect(key).toMatchObject({ destroyed: expect.any(Date) as Date })
    expect(key).not.toHaveProperty('key')
    expect(await here.get('/chat/erased/messages')).toMatchObject({ status: 404 })
    expect(await here.get(`/chat/replies/${reader.replyId}`)).toMatchObject({ status: 404 })
    const redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
    await eventually(
      () => redis.keys(`*${reader.replyId}*`),
      (keys) => keys.length === 0,
    )
    redis.disconnect()
  })

  it('takes no words back that come too late: what another process still writes is dropped', async () => {
    const { reader, read, goOn } = await halfWritten('late')
    const deleting = here.ask('DELETE', '/chat/late?erase=true')
    goOn()
    expect((await deleting).status).toBe(204)
    await read
    expect(['ReplyCancelled', 'ReplyCompleted']).toContain((await log.endOf(reader.replyId)).type)
    expect((await log.events()).at(-1)).toMatchObject({ type: 'ChatErased' })
  })
})

describe('while no read model moves', () => {
  it('cancelling answers how that reply ended, and not how the one before it did', async () => {
    const projector = world.start({ ROLES: 'projector' })
    await projector.url()
    const alone = here.at(await world.start({ ROLES: 'api,worker' }).url())
    expect(await alone.post('/chat/behind/send', { text: 'One' })).toMatchObject({
      status: 200,
      body: { text: answer },
    })
    await Promise.all([projector.close(), world.services[0]!.close()])
    const asked = model.requests.length
    model.failNext({ fault: 'stall', at: 5, until: new Promise<void>(() => {}) })
    const { messageId, promptId } = (
      await alone.with({ prefer: 'respond-async' }).post('/chat/behind/send', { text: 'Two' })
    ).body
    await model.requested(asked + 1)
    const cancelled = await alone.post('/chat/behind/cancel')
    expect(cancelled).toMatchObject({ status: 200, body: { messageId, promptId, status: 'cancelled' } })
    expect(await alone.post('/chat/behind/cancel')).toMatchObject({ status: 200, body: cancelled.body })
  })
})
