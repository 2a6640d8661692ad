import type { RecordedChatEvent } from '../../../src/chat/chat.js'
import { chatHistory, optionsFor } from '../../../src/chat/replies/worker/chat-history.js'
import { all } from '../../support/event-store/engines.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import type { ChatEvent } from '../../../src/chat/chat.js'

let deployment: ChatDeployment
let here: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start()
})
afterAll(() => deployment?.end())

const call = (id: string, output: string) => ({ id, function: its.toolCall.function, output })
const none = 'There is no output: the conversation went on without it.'
const question = { role: 'user', content: 'What is an event?' }

type Later = (ids: { promptId: string; replyId: string }) => ChatEvent[]

/** The history of a chat with a prompt that has got calls, and then these events. */
async function history(upTo: string | { isFirst: true } | undefined, ...more: Later[]) {
  const { chat, reply, started, sent } = newPrompt()
  const own = (event: ChatEvent): ChatEvent => ({ ...event, data: { ...event.data, ...chat } }) as ChatEvent
  const events = [started, sent, { ...its.requested, data: { ...its.requested.data, ...reply } }]
  await here.append(...events, ...more.flatMap((of) => of(reply)).map(own))
  const stored = await here.events(chat.chatId)
  const replyId = typeof upTo === 'object' ? reply.replyId : upTo
  return { stored, messages: await all(chatHistory(here.engine.vault, newestFirst(stored), { replyId })) }
}
async function* newestFirst(events: readonly RecordedChatEvent[]) {
  yield* events.toReversed()
}
const received =
  (id: string) =>
  ({ replyId }: { replyId: string }): ChatEvent[] => [
    {
      ...its.received,
      data: { ...its.received.data, replyId, callId: id, messageId: `o-${id}` },
      personal: { content: `of ${id}`, toolCallId: id },
    },
  ]

describe('the history of a chat with calls of tools', () => {
  it('has each answer that asks for calls with their outputs, and says which never came', async () => {
    const { messages } = await history(undefined, received('call2'))
    expect(messages).toEqual([
      { role: 'assistant', content: '', toolCalls: [call('call1', none), call('call2', 'of call2')] },
      question,
    ])
  })

  it('ends where the reply begins', async () => {
    const begun = ({ promptId }: { promptId: string }): ChatEvent[] => [
      { ...its.begun, data: { ...its.begun.data, promptId, replyId: 'next' } },
      { ...its.stored, data: { ...its.stored.data, role: 'user' }, personal: { content: 'Stored while it waits' } },
    ]
    const { messages } = await history('next', received('call1'), received('call2'), begun)
    expect(messages).toEqual([
      { role: 'assistant', content: '', toolCalls: [call('call1', 'of call1'), call('call2', 'of call2')] },
      question,
    ])
  })

  it('ends there, too, when other replies have begun since', async () => {
    const begun = ({ promptId }: { promptId: string }): ChatEvent[] => [
      { ...its.begun, data: { ...its.begun.data, promptId, replyId: 'next' } },
    ]
    const { messages } = await history({ isFirst: true }, received('call1'), received('call2'), begun)
    expect(messages).toEqual([question])
  })

  it('has an output as it was edited, and none that was deleted', async () => {
    const data = { chatId: '', ownerId: '' }
    const changed = (): ChatEvent[] => [
      {
        type: 'MessageEdited',
        data: { ...data, messageId: 'o-call1', role: 'tool' },
        personal: { content: 'corrected', toolCallId: 'call1' },
      },
      { type: 'MessageDeleted', data: { ...data, messageId: 'o-call2' } },
    ]
    const { messages } = await history(undefined, received('call1'), received('call2'), changed)
    expect(messages[0]).toMatchObject({ toolCalls: [call('call1', 'corrected'), call('call2', none)] })
  })

  it('has a message as it was edited last, and none that was edited and then deleted', async () => {
    const data = { chatId: '', ownerId: '' }
    const edited = (messageId: string, content: string): ChatEvent => ({
      type: 'MessageEdited',
      data: { ...data, messageId, role: 'tool' },
      personal: { content, toolCallId: messageId.slice(2) },
    })
    const changed = (): ChatEvent[] => [
      edited('o-call1', 'corrected'),
      edited('o-call1', 'corrected again'),
      edited('o-call2', 'corrected'),
      { type: 'MessageDeleted', data: { ...data, messageId: 'o-call2' } },
    ]
    const { messages } = await history(undefined, received('call1'), received('call2'), changed)
    expect(messages[0]).toMatchObject({ toolCalls: [call('call1', 'corrected again'), call('call2', none)] })
  })

  it('has a message with feedback as it was', async () => {
    const liked = ({ promptId }: { promptId: string }): ChatEvent[] => [its.of(its.liked, { messageId: promptId })]
    const { messages } = await history(undefined, received('call1'), liked)
    expect(messages.at(-1)).toEqual(question)
  })

  it('has nothing of calls whose answer was deleted', async () => {
    const gone = ({ replyId }: { replyId: string }): ChatEvent[] => [
      { type: 'MessageDeleted', data: { chatId: '', ownerId: '', messageId: replyId } },
    ]
    expect((await history(undefined, received('call1'), gone)).messages).toEqual([question])
  })
})

describe('what is asked beside the conversation', () => {
  const optionsOf = async (events: readonly RecordedChatEvent[], replyId: string, promptId: string) =>
    await optionsFor(here.engine.vault, newestFirst(events), { replyId, promptId })

  it('is that of the prompt, until outputs come with options of their own', async () => {
    const { chat, reply, started, sent } = newPrompt()
    const [first, second] = [{ tools: [{ name: 'a' }] }, { tools: [{ name: 'b' }] }]
    const asked = { ...sent, personal: { ...sent.personal, options: first } }
    const next = (replyId: string, options?: typeof first) => ({
      ...its.begun,
      data: { ...its.begun.data, ...reply, replyId },
      personal: options ? { options } : {},
    })
    await here.append(started, asked, next('r2'), next('r3', second), next('r4'))
    const events = await here.events(chat.chatId)
    const found = await Promise.all(
      [reply.replyId, 'r2', 'r3', 'r4'].map((id) => optionsOf(events, id, reply.promptId)),
    )
    expect(found).toEqual([first, first, second, second])
  })
})
