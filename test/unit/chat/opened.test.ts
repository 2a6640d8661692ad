import type { ChatEvent, RecordedChatEvent } from '../../../src/chat/chat.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { type ChatDoc, chats } from '../../../src/chat/read-models/chats.js'
import { summaryOf, tagsNow, tagsOf, titleNow, titleOf } from '../../../src/chat/read-models/chat-summary.js'
import { type MessageDoc, messages } from '../../../src/chat/read-models/messages.js'
import { openMessage } from '../../../src/chat/read-models/opened-message.js'
import { callsBy, outcomeFromEvent, outcomeFromReadModel } from '../../../src/chat/replies/ending/reply-outcome.js'
import { chatHistory } from '../../../src/chat/replies/worker/chat-history.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { RecordedEvent } from '../../../src/event-store/event.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import type { Projection } from '../../../src/event-store/projecting/projection.js'
import * as its from '../../support/chat/chat-events.js'
import { all, command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
})
afterEach(() => place?.leave())

/** The chat's events as they are recorded, with what is personal sealed. */
async function record(...events: ChatEvent[]): Promise<RecordedEvent[]> {
  const stream = chatStream('c1')
  const expected = (await all(engine.store.readStream(stream))).length
  await engine.store.append({ stream, expected, events, meta: command() })
  return await all(engine.store.readStream(stream))
}
async function documentOf<Doc>(model: Projection, id: string, ...events: ChatEvent[]): Promise<Doc> {
  const documents = new DocumentsInMemory(model)
  documents.apply(await record(...events))
  return documents.read(id) as unknown as Doc
}
const newestFirst = async () =>
  (await all(engine.store.readStream(chatStream('c1'), { backwards: true }))) as RecordedChatEvent[]

describe('a chat that is opened', () => {
  it('has its title, tags and metadata', async () => {
    const doc = await documentOf<ChatDoc>(chats, 'c1', its.started, its.renamed, its.tagged, its.annotated, its.sent)
    expect(await summaryOf(engine, doc)).toEqual({
      id: 'c1',
      userId: 'ann',
      name: 'Events',
      tags: ['log'],
      metadata: { from: 'web' },
      createdAt: doc.createdAt,
      lastActive: doc.lastActive,
      messageCount: 1,
    })
    expect([await titleOf(engine, doc), await tagsOf(engine, doc)]).toEqual(['Events', ['log']])
    expect([titleNow(engine, doc), tagsNow(engine, doc)]).toEqual(['Events', ['log']])
  })

  it('has empty ones where it has none', async () => {
    const doc: ChatDoc = { ...(await documentOf<ChatDoc>(chats, 'c1', its.started)), name: undefined }
    expect(await summaryOf(engine, doc)).toMatchObject({ name: '', tags: [], metadata: {} })
    expect([titleNow(engine, doc), tagsNow(engine, doc)]).toEqual(['', []])
  })

  it('is not opened at once where its key is not in memory', async () => {
    const doc = await documentOf<ChatDoc>(chats, 'c1', its.started, its.tagged)
    const elsewhere = await place.engine({ events: [chatEvents] })
    expect([titleNow(elsewhere, doc), tagsNow(elsewhere, doc)]).toEqual([undefined, undefined])
    expect(await titleOf(elsewhere, doc)).toBe('New chat')
    expect(titleNow(elsewhere, doc)).toBe('New chat')
  })
})

describe('a message that is opened', () => {
  it('has the text of a prompt or a reply as its content', async () => {
    const doc = await documentOf<MessageDoc>(messages, 'r1', its.started, its.sent, its.completed)
    const opened = await openMessage(engine, doc)
    expect(opened).toMatchObject({ id: 'r1', content: 'A fact.', status: 'completed', promptId: 'p1', tokens: 5 })
    for (const hidden of ['_id', '_position', 'seq', 'text', 'attempt', 'finish', 'error'])
      expect(opened).not.toHaveProperty(hidden)
  })

  it('has what was stored with it', async () => {
    const doc = await documentOf<MessageDoc>(messages, 'm1', its.stored)
    expect(await openMessage(engine, doc)).toMatchObject({
      id: 'm1',
      content: '42',
      name: 'sum',
      role: 'tool',
      tokens: 7,
    })
  })

  it('has the comment that came with its feedback', async () => {
    const commented = [its.sent, its.completed, its.liked, its.commented]
    const doc = await documentOf<MessageDoc>(messages, 'r1', ...commented)
    expect(await openMessage(engine, doc)).toMatchObject({ feedback: 'positive', feedbackComment: 'Short and right.' })
    const plain = await openMessage(engine, { ...doc, feedbackComment: undefined })
    expect(plain).not.toHaveProperty('feedbackComment')
    expect(plain).not.toHaveProperty('0')
  })

  it('is empty while it is not written', async () => {
    const doc = await documentOf<MessageDoc>(messages, 'r1', its.sent)
    expect(await openMessage(engine, doc)).toMatchObject({ id: 'r1', content: '', status: 'pending' })
  })

  it('says why it has failed', async () => {
    const doc = await documentOf<MessageDoc>(messages, 'r1', its.sent, its.failed)
    expect(await openMessage(engine, doc)).toMatchObject({ error: { code: 'provider_rejected', detail: 'no' } })
    const bare = { ...doc, error: { code: 'internal' } }
    expect(await openMessage(engine, bare)).toMatchObject({ error: { code: 'internal', detail: '' } })
  })
})

describe('how a reply has ended', () => {
  const usage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 }
  const model = 'offline/echo'
  const written = { model, finish: 'stop' }
  const none = { promptTokens: 0, completionTokens: 0, totalTokens: 0 }
  const cached = its.of(its.completed, { cached: true })
  const unbegun: ChatEvent = { ...its.cancelled, data: { ...its.cancelled.data, attempt: undefined } }

  it.each([
    ['completed', its.completed, { text: 'A fact.', usage, cached: false, attempt: 'a1', ...written }],
    ['completed', cached, { text: 'A fact.', usage, cached: true, attempt: 'a1', ...written }],
    ['cancelled', its.cancelled, { text: 'A f', usage, cached: false, attempt: 'a1', model }],
    ['cancelled', unbegun, { text: 'A f', usage, cached: false, attempt: undefined, model }],
    [
      'failed',
      its.failed,
      { text: '', usage: none, cached: false, error: { code: 'provider_rejected', detail: 'no' } },
    ],
  ] as const)('is the same in the log and in the read model: %s', async (status, ending, outcome) => {
    const events = await record(its.started, its.sent, ending)
    const { at } = events.at(-1)!
    expect(await outcomeFromEvent(engine, events.at(-1) as never)).toEqual({ status, ...outcome, at, position: 3 })
    const documents = new DocumentsInMemory(messages)
    documents.apply(events)
    const fromModel = await outcomeFromReadModel(engine, documents.read('r1') as unknown as MessageDoc)
    expect(fromModel).toEqual({ status, ...outcome, at, position: 0 })
  })

  it('is not known while it is open', async () => {
    const doc = await documentOf<MessageDoc>(messages, 'r1', its.sent)
    expect(await outcomeFromReadModel(engine, doc)).toBeUndefined()
  })

  it('has the text that it was edited to, as another attempt', async () => {
    const edit: ChatEvent = {
      type: 'MessageEdited',
      data: { ...its.chat, messageId: 'r1', role: 'assistant' },
      personal: { content: 'A claim.' },
    }
    const doc = await documentOf<MessageDoc>(messages, 'r1', its.sent, its.completed, edit)
    expect(await outcomeFromReadModel(engine, doc)).toMatchObject({
      text: 'A claim.',
      attempt: `edited-${doc.updatedAt!.getTime()}`,
    })
  })

  it('may be without words', async () => {
    const bare = { ...its.failed, personal: undefined, position: 3 }
    expect(await outcomeFromEvent(engine, bare as never)).toMatchObject({
      error: { code: 'provider_rejected', detail: '' },
    })
    const wordless = { ...its.completed, personal: undefined, position: 3 }
    expect(await outcomeFromEvent(engine, wordless as never)).toMatchObject({ text: '', attempt: 'a1' })
  })
})

describe('the calls that an answer asks for', () => {
  const calls = ['c1', 'c2', 'c3', 'c4'].map((id) => ({ ...its.toolCall, id }))
  const ids = (some: readonly { id: string }[] | undefined) => some?.map(({ id }) => id)

  it('are those that may be made, and those that somebody must approve', () => {
    const found = callsBy({ c1: 'waits', c2: 'denied', c3: 'approved' }, calls)
    expect([ids(found.toolCalls), ids(found.needApproval)]).toEqual([['c3', 'c4'], ['c1']])
  })

  it('need no approval when nobody was asked for it', () => {
    expect(callsBy({}, calls)).toEqual({ toolCalls: calls })
  })
})

describe('what a model is told of a chat', () => {
  const history = async () => all(chatHistory(engine.vault, asyncly(await newestFirst())))
  async function* asyncly<T>(items: readonly T[]): AsyncGenerator<T> {
    yield* items
  }
  const stored = (messageId: string, role: 'user' | 'assistant' | 'system' | 'tool' | 'function', content: string) =>
    ({ type: 'MessageStored', data: { ...its.chat, messageId, role }, personal: { content } }) as ChatEvent
  const edited = (messageId: string, role: 'user' | 'tool', content: string) =>
    ({ type: 'MessageEdited', data: { ...its.chat, messageId, role }, personal: { content } }) as ChatEvent
  const removed = (messageId: string) => ({ type: 'MessageDeleted', data: { ...its.chat, messageId } }) as ChatEvent

  it('is its messages, newest first', async () => {
    const again = { promptId: 'p2', replyId: 'r2' }
    await record(
      its.started,
      stored('m1', 'system', 'Be brief.'),
      its.sent,
      its.completed,
      its.of(its.sent, again),
      its.of(its.cancelled, again),
      its.renamed,
    )
    expect(await history()).toEqual([
      { role: 'assistant', content: 'A f' },
      { role: 'user', content: 'What is an event?' },
      { role: 'assistant', content: 'A fact.' },
      { role: 'user', content: 'What is an event?' },
      { role: 'system', content: 'Be brief.' },
    ])
  })

  it('is nothing of functions, of tools and of replies that have failed', async () => {
    await record(stored('m1', 'tool', '42'), stored('m2', 'function', '43'), its.sent, its.failed)
    expect(await history()).toEqual([{ role: 'user', content: 'What is an event?' }])
  })

  it('is each message as it was edited last, where it stands, and none that was deleted', async () => {
    await record(
      stored('m1', 'user', 'One'),
      stored('m2', 'user', 'Two'),
      stored('m3', 'user', 'Three'),
      stored('m4', 'user', 'Four'),
      edited('m1', 'user', 'First'),
      edited('m1', 'user', 'First of all'),
      edited('m2', 'user', 'Second'),
      removed('m2'),
      edited('m3', 'tool', 'Third'),
      edited('p9', 'user', 'of a message that is not here'),
    )
    expect(await history()).toEqual([
      { role: 'user', content: 'Four' },
      { role: 'user', content: 'First of all' },
    ])
  })

  it('ends with the prompt that waits, though messages were stored after it; what was edited or deleted counts', async () => {
    await record(
      stored('m1', 'user', 'One'),
      stored('m2', 'user', 'Two'),
      its.sent,
      stored('m3', 'user', 'Three'),
      edited('m1', 'user', 'First'),
      removed('m2'),
    )
    expect(
      await all(chatHistory(engine.vault, asyncly(await newestFirst()), { replyId: its.sent.data.replyId })),
    ).toEqual([
      { role: 'user', content: 'What is an event?' },
      { role: 'user', content: 'First' },
    ])
  })

  it('is nothing without words', async () => {
    await record(stored('m1', 'user', ''), stored('m2', 'user', 'Two'))
    expect(await history()).toEqual([{ role: 'user', content: 'Two' }])
  })

  it('is opened only as far as somebody reads', async () => {
    await record(stored('m1', 'user', 'One'), stored('m2', 'user', 'Two'), stored('m3', 'user', 'Three'))
    const opening = jest.spyOn(engine.vault, 'openOrEmpty')
    for await (const message of chatHistory(engine.vault, asyncly(await newestFirst()))) {
      expect(message.content).toBe('Three')
      break
    }
    expect(opening).toHaveBeenCalledTimes(1)
  })
})
