import {
  asLoggedChat,
  asLoggedMessage,
  asStoredMessage,
  messageFromBody,
  withChanges,
} from '../../../src/chat/api/logging/chat-log.presenter.js'
import { asAsked } from '../../../src/chat/api/realtime/ai.presenter.js'
import { asChat, asMessage } from '../../../src/chat/api/root/chats.presenter.js'
import { asAnswer, asReply } from '../../../src/chat/api/root/replies.presenter.js'
import type { ChatSummary } from '../../../src/chat/read-models/chat-summary.js'
import type { OpenedMessage } from '../../../src/chat/read-models/opened-message.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'

const [created, active] = [new Date(1_000), new Date(2_000)]
const chat: ChatSummary = {
  id: 'c1',
  name: 'Events',
  tags: ['log'],
  metadata: { from: 'web' },
  userId: 'ann',
  createdAt: created,
  lastActive: active,
  messageCount: 2,
}
const stored: OpenedMessage = {
  id: 'm1',
  sessionId: 'c1',
  userId: 'ann',
  sentBy: 'system',
  role: 'tool',
  status: 'completed',
  timestamp: created,
  content: '42',
  name: 'sum',
  functionCall: { name: 'add' },
  toolCalls: [{ id: 'call_1' }],
  metadata: { by: 'hand' },
  tokens: 7,
  promptTokens: 3,
  completionTokens: 4,
  latency: 12,
  feedback: 'positive',
}
const reply: OpenedMessage = {
  id: 'r1',
  sessionId: 'c1',
  userId: 'ann',
  sentBy: 'system',
  role: 'assistant',
  status: 'failed',
  timestamp: created,
  content: '',
  tokens: null,
  feedback: null,
  promptId: 'p1',
  model: 'offline/echo',
  error: { code: 'internal', detail: 'no' },
}

describe('the root family', () => {
  it('shows of a chat what its list needs', () => {
    expect(asChat(chat)).toEqual({ id: 'c1', name: 'Events', createdAt: created, lastActive: active, messageCount: 2 })
  })

  it('shows a message, and of a reply what belongs to it', () => {
    expect(asMessage(stored)).toStrictEqual({
      id: 'm1',
      text: '42',
      toolCalls: [{ id: 'call_1' }],
      sessionId: 'c1',
      sentBy: 'system',
      role: 'tool',
      status: 'completed',
      timestamp: created,
      feedback: 'positive',
      tokens: 7,
    })
    expect(asMessage(reply)).toMatchObject({
      text: '',
      promptId: 'p1',
      model: 'offline/echo',
      error: { code: 'internal', detail: 'no' },
    })
  })

  const usage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 }
  const outcome: ReplyOutcome = {
    status: 'completed',
    text: 'A fact.',
    usage,
    cached: false,
    attempt: 'a',
    at: new Date(0),
    position: 3,
  }
  const sent = { chatId: 'c1', promptId: 'p1', replyId: 'r1', position: 2 }
  const ids = { promptId: 'p1', messageId: 'r1' }

  it('answers a prompt', () => {
    const answer = { ...ids, text: 'A fact.', tokens: 5, usage, status: 'completed' }
    expect(asAnswer({ ...sent, outcome })).toStrictEqual(answer)
    expect(asAnswer({ ...sent, outcome: { ...outcome, cached: true } })).toStrictEqual({ ...answer, cached: true })
    expect(asAnswer(sent)).toStrictEqual({ ...ids, status: 'pending' })
  })

  it('shows a reply', () => {
    expect(asReply({ replyId: 'r1', promptId: 'p1', outcome })).toStrictEqual({
      ...ids,
      status: 'completed',
      text: 'A fact.',
      tokens: 5,
    })
    const error = { code: 'internal', detail: 'no' }
    const failed = { ...outcome, status: 'failed' as const, error }
    expect(asReply({ replyId: 'r1', promptId: 'p1', outcome: failed })).toStrictEqual({
      ...ids,
      status: 'failed',
      error,
    })
    expect(asReply({ replyId: 'r1', promptId: 'p1' })).toStrictEqual({ ...ids, status: 'pending' })
  })

  it('shows what was asked in the realtime family', () => {
    const asked = { id: 'r1', chatId: 'c1', role: 'assistant', promptId: 'p1' }
    const ended = { ...asked, content: 'A fact.', status: 'completed', tokens: 5, usage }
    expect(asAsked({ ...sent, outcome })).toStrictEqual(ended)
    expect(asAsked({ ...sent, outcome: { ...outcome, cached: true } })).toStrictEqual({ ...ended, cached: true })
    const error = { code: 'internal', detail: 'no' }
    const failed = { ...outcome, status: 'failed' as const, text: '', error }
    expect(asAsked({ ...sent, outcome: failed })).toStrictEqual({ ...ended, content: '', status: 'failed', error })
    expect(asAsked(sent)).toStrictEqual({ ...asked, content: '', status: 'pending', tokens: null })
  })

  it('shows there which calls may be made, which somebody must approve, and which have no output yet', () => {
    const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'sum', arguments: '{}' } })
    const calls = { toolCalls: [call('c1')], needApproval: [call('c2')] }
    const shown = asAsked({ ...sent, outcome: { ...outcome, ...calls }, waitsFor: ['c1', 'c2'] })
    expect(shown).toMatchObject({ ...calls, waitsFor: ['c1', 'c2'] })
  })
})

describe('the logging family', () => {
  const { userId: _, sentBy: __, sessionId, timestamp, ...fields } = stored

  it('shows all of a chat', () => {
    expect(asLoggedChat(chat)).toEqual({
      id: 'c1',
      title: 'Events',
      tags: ['log'],
      metadata: { from: 'web' },
      user: 'ann',
      createdAt: created,
      updatedAt: active,
      messageCount: 2,
    })
  })

  it('shows all of a message', () => {
    const shown = { ...fields, chatId: sessionId, createdAt: timestamp, updatedAt: timestamp }
    expect(asLoggedMessage(stored)).toStrictEqual(shown)
    expect(asLoggedMessage({ ...stored, updatedAt: active })).toStrictEqual({ ...shown, updatedAt: active })
    expect(asLoggedMessage(reply)).toStrictEqual({
      id: 'r1',
      chatId: 'c1',
      role: 'assistant',
      content: '',
      tokens: null,
      status: 'failed',
      feedback: null,
      promptId: 'p1',
      model: 'offline/echo',
      error: { code: 'internal', detail: 'no' },
      createdAt: created,
      updatedAt: created,
    })
  })

  it('separates what is sealed of a message from what is counted', () => {
    const content = {
      content: '42',
      name: 'sum',
      functionCall: { name: 'add' },
      toolCalls: [{ id: 'call_1' }],
      metadata: { by: 'hand' },
    }
    const counts = { tokens: 7, promptTokens: 3, completionTokens: 4, latency: 12 }
    expect(messageFromBody(stored)).toStrictEqual({ role: 'tool', content, counts })
    const bare = { role: 'user' as const, content: 'Hi', tokens: null }
    expect(messageFromBody(bare)).toStrictEqual({ role: 'user', content: { content: 'Hi' }, counts: {} })
  })

  it('changes what a change names', () => {
    const changed = withChanges(stored, { content: '43', latency: undefined, tokens: 9 })
    expect(changed).toStrictEqual({
      messageId: 'm1',
      ...messageFromBody({ ...stored, content: '43', tokens: 9 }),
    })
  })

  it('shows a message that was just stored as it will be read', () => {
    const { id, status: ___, feedback: ____, ...body } = fields
    const at = { id, chatId: 'c1', at: created }
    expect(asStoredMessage(body, at)).toStrictEqual(asLoggedMessage({ ...stored, feedback: null }))
    expect(asStoredMessage({ ...body, tokens: undefined }, at)).toMatchObject({ tokens: null })
  })
})
