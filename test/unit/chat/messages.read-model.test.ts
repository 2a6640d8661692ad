import { type MessageDoc, messages } from '../../../src/chat/read-models/messages.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { envelope, givenLog, record, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/chat/chat-events.js'

const inChat = { sessionId: 'c1', userId: 'ann', feedback: null }

const prompt: Omit<MessageDoc, '_id'> = {
  ...inChat,
  promptId: 'p1',
  timestamp: timeOf(1),
  tokens: null,
  seq: 2,
  sentBy: 'user',
  role: 'user',
  status: 'completed',
  text: envelope({ text: 'What is an event?' }),
}
const pending: Omit<MessageDoc, '_id'> = {
  ...inChat,
  promptId: 'p1',
  timestamp: timeOf(1),
  tokens: null,
  seq: 3,
  sentBy: 'system',
  role: 'assistant',
  status: 'pending',
  model: 'offline/echo',
}
const counts = { tokens: 5, promptTokens: 3, completionTokens: 2 }
const answer: Omit<MessageDoc, '_id'> = {
  ...pending,
  ...counts,
  status: 'completed',
  timestamp: timeOf(2),
  attempt: 'a1',
  latency: 12,
  finish: 'stop',
  text: envelope({ text: 'A fact.' }),
}
const stored: Omit<MessageDoc, '_id'> = {
  ...inChat,
  seq: 2,
  sentBy: 'system',
  role: 'tool',
  status: 'completed',
  timestamp: timeOf(1),
  tokens: 7,
  latency: 3,
  text: envelope({ content: '42', name: 'sum' }),
}

describe('the messages of a chat', () => {
  it('have a prompt, and its reply after it while it is being written', () =>
    givenLog(messages, [its.sent]).then({ p1: prompt, r1: pending }))

  it('have what a reply said in the end, and what it cost', () =>
    givenLog(messages, [its.sent, its.completed]).then({ p1: prompt, r1: answer }))

  it('tell of an answer that it was an earlier one’s', () =>
    givenLog<MessageDoc>(messages, [its.sent, its.of(its.completed, { cached: true })]).then({
      p1: prompt,
      r1: { ...answer, cached: true },
    }))

  it('have what a reply said until it was stopped', () =>
    givenLog<MessageDoc>(messages, [its.sent, its.cancelled]).then({
      p1: prompt,
      r1: {
        ...pending,
        ...counts,
        status: 'cancelled',
        timestamp: timeOf(2),
        attempt: 'a1',
        text: envelope({ text: 'A f' }),
      },
    }))

  it('tell why a reply failed', () =>
    givenLog<MessageDoc>(messages, [its.sent, its.failed]).then({
      p1: prompt,
      r1: {
        ...pending,
        status: 'failed',
        timestamp: timeOf(2),
        error: { code: 'provider_rejected', detail: envelope({ detail: 'no' }) },
      },
    }))

  it('have the calls that a reply asks for, their outputs, and the next reply', () => {
    const toolCalls = [its.toolCall, { ...its.toolCall, id: 'call2' }]
    givenLog<MessageDoc>(messages, [its.sent, its.requested, its.received, its.begun]).then({
      p1: prompt,
      r1: { ...answer, finish: 'tools', text: envelope({ text: '', toolCalls }) },
      o1: {
        ...inChat,
        seq: 6,
        sentBy: 'system',
        role: 'tool',
        status: 'completed',
        timestamp: timeOf(3),
        tokens: null,
        text: envelope({ content: 'sunny', toolCallId: 'call1' }),
      },
      r2: { ...pending, seq: 9, timestamp: timeOf(4) },
    })
  })

  it('have what was stored with its role and what it cost', () => givenLog(messages, [its.stored]).then({ m1: stored }))

  it('have no costs where none were stored', () => {
    const { latency: _, ...free } = stored
    givenLog<MessageDoc>(messages, [its.of(its.stored, { tokens: undefined, latency: undefined })]).then({
      m1: { ...free, tokens: null },
    })
  })

  it('have an edited message as it is now, in its old place', () =>
    givenLog<MessageDoc>(messages, [its.stored, its.edited]).then({
      m1: {
        ...stored,
        role: 'user',
        sentBy: 'user',
        updatedAt: timeOf(2),
        tokens: null,
        promptTokens: 4,
        text: envelope({ content: '43' }),
      },
    }))

  it('have an edited answer in the words of whoever edited it, and still as an answer', () =>
    givenLog<MessageDoc>(messages, [
      its.sent,
      its.completed,
      its.of(its.edited, { messageId: 'r1', role: 'assistant' }),
    ]).then({
      p1: prompt,
      r1: { ...answer, tokens: null, promptTokens: 4, updatedAt: timeOf(3), text: envelope({ content: '43' }) },
    }))

  it('have the feedback that was given last', () => {
    givenLog<MessageDoc>(messages, [its.sent, its.completed, its.liked, its.disliked]).then({
      p1: prompt,
      r1: { ...answer, feedback: 'negative' },
    })
    givenLog(messages, [its.sent, its.completed, its.disliked, its.withdrawn]).then({ p1: prompt, r1: answer })
  })

  it('have the comment that came with it, until it changes or is withdrawn', () => {
    const commented = [its.sent, its.completed, its.liked, its.commented]
    const feedbackComment = envelope({ comment: 'Short and right.' })
    givenLog<MessageDoc>(messages, commented).then({
      p1: prompt,
      r1: { ...answer, feedback: 'positive', feedbackComment },
    })
    givenLog<MessageDoc>(messages, [...commented, its.disliked]).then({
      p1: prompt,
      r1: { ...answer, feedback: 'negative' },
    })
    givenLog(messages, [...commented, its.withdrawn]).then({ p1: prompt, r1: answer })
  })

  it('go one by one, with their chat, or with their owner', () => {
    const other = { ...its.of(its.stored, { chatId: 'c2', ownerId: 'bob', messageId: 'm2' }), at: timeOf(1) }
    const kept = { m2: { ...stored, sessionId: 'c2', userId: 'bob' } }
    givenLog(messages, [other, its.stored, its.messageDeleted]).then(kept)
    givenLog(messages, [other, its.sent, its.completed, its.deleted]).then(kept)
    givenLog(messages, [other, its.sent, its.stored, its.ownerErased]).then(kept)
  })

  it('take nothing from what came to messages that are gone', () =>
    givenLog(messages, [its.completed, its.cancelled, its.failed, its.edited, its.liked, its.withdrawn]).then({}))

  expectReadModelLaws(messages)

  it('say what they follow, if that is not the message before them; answers have their digests', () => {
    const after = { place: 3 }
    const events = [
      its.of(its.sent, { after }),
      its.of(its.begun, { after }),
      its.of(its.stored, { after }),
      its.of(its.completed, { digest: 'd' }),
    ]
    const documents = new DocumentsInMemory(messages)
    documents.apply(record(events))
    const found = new Map(documents.all().map((doc) => [doc._id, doc]))
    for (const id of ['p1', 'r2', 'm1']) expect(found.get(id)).toMatchObject({ after: 3 })
    expect(found.get('r1')).toMatchObject({ digest: 'd' })
    expect(found.get('r1')).not.toHaveProperty('after')
  })
})
