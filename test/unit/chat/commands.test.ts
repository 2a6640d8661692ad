import { Registry } from 'prom-client'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { type Chats, chatStream } from '../../../src/chat/chats.js'
import {
  ChangeChat,
  chatCommandHandlers,
  DeleteMessage,
  EditMessage,
  GiveFeedback,
  RenameChat,
  WithdrawFeedback,
} from '../../../src/chat/commands.js'
import { EndReply, EndReplyHandler } from '../../../src/chat/commands/end-reply.js'
import { ToldConversations } from '../../../src/chat/commands/told-conversations.js'
import { ConversationDigests } from '../../../src/chat/conversation-digests.js'
import { SendPrompt, SendPromptHandler } from '../../../src/chat/commands/send-prompt.js'
import { NewChats } from '../../../src/chat/new-chats.js'
import { StartChat, StartChatHandler } from '../../../src/chat/commands/start-chat.js'
import { StoreMessages, StoreMessagesHandler } from '../../../src/chat/commands/store-messages.js'
import { ownerStream } from '../../../src/identity/users.js'
import { Cause } from '../../../src/commands/cause.js'
import { derivedId } from '../../../src/commands/derived-ids.js'
import { Providers } from '../../../src/llm/providers.js'
import { ServiceSecrets } from '../../../src/commands/secrets.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { branchFinder, chatsOver } from '../../support/chat/models.js'
import * as its from '../../support/chat/chat-events.js'
import { all, command, eventually, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let chats: Chats
let metrics: Registry
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  metrics = new Registry()
  chats = chatsOver(engine, metrics)
})
afterEach(() => place?.leave())

const endReplies = () => new EndReplyHandler(chats, new ConversationDigests(engine))
const newChats = () => new NewChats(chats, place.db, { caps: { sockets: 0, streams: 0, chats: 0, files: 0 } })
const cause = () => Cause.by('ann')
const stream = chatStream('c1')
async function given(...events: ChatEvent[]): Promise<void> {
  await engine.store.append({ stream, expected: 0, events, meta: command() })
}
/** The newest events, as somebody with the key reads them. */
async function newest(count: number): Promise<object[]> {
  const events = (await all(engine.store.readStream(stream))).slice(-count)
  return await Promise.all(
    events.map(async ({ type, data, personal }) => ({
      type,
      data,
      ...(personal && { personal: (await engine.vault.open(personal)).personal }),
    })),
  )
}

describe('every event of a chat', () => {
  it('can be recorded as it is declared, and comes back so', async () => {
    const { started, renamed, tagged, annotated, sent, completed, failed, cancelled } = its
    const { stored, edited, messageDeleted, liked, commented, disliked, withdrawn, deleted, erased } = its
    const replies = [sent, completed, failed, cancelled]
    const tools = [its.requested, its.received, its.approved, its.denied, its.abandoned, its.begun]
    const messages = [stored, edited, messageDeleted, liked, commented, disliked, withdrawn, its.chosen]
    const events = [started, renamed, tagged, annotated, ...replies, ...tools, ...messages, deleted, erased]
    await given(...events)
    expect(await newest(events.length)).toEqual(events)
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(Object.keys(chatEvents)))
  })

  it.each([its.started, its.tagged, its.sent, its.completed, its.stored, its.liked])(
    'has nothing that is not declared: $type',
    async (event) => {
      const data = Object.assign({ more: 1 }, event.data)
      await expect(given({ ...event, data } as ChatEvent)).rejects.toMatchObject({ code: 'not_encodable' })
    },
  )
})

describe('a command that is one decision about a chat', () => {
  const answer = {
    messageId: 'r1',
    role: 'assistant' as const,
    content: { content: 'A claim.' },
    counts: { tokens: 3 },
  }
  type Handler = new (chats: Chats) => { execute: (asked: unknown) => Promise<{ position: number }> }
  const handlerAt = (which: number) => new (chatCommandHandlers[which] as unknown as Handler)(chats)

  it.each([
    ['rename', 0, () => new RenameChat(cause(), its.chat, 'Events'), its.renamed],
    ['tag', 1, () => new ChangeChat(cause(), its.chat, { tags: ['log'] }), its.tagged],
    ['annotate', 1, () => new ChangeChat(cause(), its.chat, { metadata: { from: 'web' } }), its.annotated],
    [
      'edit',
      2,
      () => new EditMessage(cause(), its.chat, answer),
      {
        type: 'MessageEdited',
        data: { ...its.chat, messageId: 'r1', role: 'assistant', tokens: 3 },
        personal: { content: 'A claim.' },
      },
    ],
    ['delete a message', 3, () => new DeleteMessage(cause(), its.chat, 'm1'), its.messageDeleted],
    ['comment', 4, () => new GiveFeedback(cause(), its.chat, 'r1', 'positive', 'Short and right.'), its.commented, 6],
    ['like', 4, () => new GiveFeedback(cause(), its.chat, 'r1', 'positive'), its.liked],
  ] as const)('records it: %s', async (_, which, make, event, at: 5 | 6 = 5) => {
    await given(its.started, its.sent, its.completed, its.stored)
    const asked = make()
    const { position } = await handlerAt(which).execute(asked)
    expect(position).toBe(at)
    expect(await newest(1)).toEqual([event])
    expect((await all(engine.store.readStream(stream))).at(-1)!.meta).toMatchObject(asked.cause.meta)
  })

  it('records that a feedback is withdrawn', async () => {
    await given(its.started, its.sent, its.completed, its.liked, its.disliked)
    await handlerAt(5).execute(new WithdrawFeedback(cause(), its.chat, 'r1'))
    expect(await newest(1)).toEqual([its.withdrawn])
  })
})

describe('a chat that is started', () => {
  it('has an id of its own, which a repeat finds again', async () => {
    await engine.vault.keyForFirstAppend(ownerStream('ann'))
    const secrets = await ServiceSecrets.of(engine)
    const handler = new StartChatHandler(newChats(), secrets)
    const asked = new StartChat(cause(), 'ann', { title: 'Events' })
    const started = await handler.execute(asked)
    // As every version of the service derives it: another one may get the repeat.
    const chatId = derivedId(secrets.commands, 'chat', asked.cause.commandId)
    expect(started).toEqual({ chatId, position: 1 })
    expect(await handler.execute(asked)).toEqual(started)
    expect((await handler.execute(new StartChat(cause(), 'ann', {}))).chatId).not.toBe(started.chatId)
    expect(await chats.state(started.chatId)).toMatchObject({ status: 'active', ownerId: 'ann' })
  })
})

describe('a prompt that is sent', () => {
  it('goes to the model that it names, under ids that a repeat finds again', async () => {
    await engine.vault.keyForFirstAppend(ownerStream('ann'))
    const secrets = await ServiceSecrets.of(engine)
    const told = new ToldConversations(chats, new ConversationDigests(engine), secrets)
    const handler = new SendPromptHandler(
      newChats(),
      told,
      branchFinder(engine, place),
      new Providers({ defaultModel: 'offline/echo' }),
      secrets,
    )
    const asked = new SendPrompt(cause(), its.chat, 'What is an event?', undefined, { maxTokens: 9 }, 'p1')
    const sent = await handler.execute(asked)
    // As every version of the service derives them: another one may get the repeat.
    const [promptId, replyId] = ['prompt', 'reply'].map((kind) =>
      derivedId(secrets.commands, kind, asked.cause.commandId),
    )
    expect(sent).toEqual({ chatId: 'c1', promptId, replyId, model: 'offline/echo', position: 2 })
    expect(await newest(2)).toEqual([
      { ...its.started, personal: { title: 'What is an event?' } },
      {
        ...its.sent,
        data: { ...its.chat, promptId, replyId, model: 'offline/echo', settings: { maxTokens: 9 }, projectId: 'p1' },
      },
    ])
    expect(await handler.execute(asked)).toEqual(sent)
    await endReplies().execute(new EndReply(cause(), its.of(its.failed, { promptId: promptId!, replyId: replyId! })))
    const nothing = { options: {}, images: [] }
    const bare = new SendPrompt(cause(), its.chat, 'And?', undefined, undefined, undefined, undefined, nothing)
    await handler.execute(bare)
    expect(await newest(1)).toEqual([expect.objectContaining({ type: 'PromptSent', personal: { text: 'And?' } })])
    const unknown = new SendPrompt(cause(), its.chat, 'And?', 'nobody/nothing')
    await expect(handler.execute(unknown)).rejects.toMatchObject({ code: 'unknown_model' })
  })
})

describe('messages that are stored', () => {
  it('are stored together, each under an id that a repeat finds again', async () => {
    await given(its.started)
    const secrets = await ServiceSecrets.of(engine)
    const handler = new StoreMessagesHandler(chats, secrets)
    const message = { role: 'user' as const, content: { content: 'Hi' }, counts: {} }
    const asked = new StoreMessages(cause(), its.chat, [message, { ...message, content: { content: 'Ho' } }])
    const stored = await handler.execute(asked)
    expect(stored).toMatchObject({ position: 3, at: expect.any(Date) })
    const { commandId } = asked.cause
    expect(stored.messageIds).toEqual(['0', '1'].map((n) => derivedId(secrets.commands, 'message', commandId, n)))
    expect(new Set(stored.messageIds).size).toBe(2)
    expect(await handler.execute(asked)).toEqual(stored)
    expect(await newest(2)).toMatchObject([
      { type: 'MessageStored', data: { messageId: stored.messageIds[0] }, personal: { content: 'Hi' } },
      { type: 'MessageStored', data: { messageId: stored.messageIds[1] }, personal: { content: 'Ho' } },
    ])
  })
})

describe('a reply that ends', () => {
  const { type, data, personal } = its.completed
  const end = () => endReplies().execute(new EndReply(cause(), { type, data, personal }))
  const counts = async () =>
    (await metrics.getMetricsAsJSON()).flatMap(({ name, values }) =>
      values
        .filter(
          (value) =>
            name === 'verbatim_tokens_total' ||
            String((value as { metricName?: string }).metricName).endsWith('_count'),
        )
        .map(({ labels, value }) => ({ ...labels, value })),
    )
  /** The name of a model is found after the reply has ended. */
  const measured = () => eventually(counts, ({ length }) => length > 0)

  it('ends once, and is measured once', async () => {
    await given(its.started, its.sent)
    expect(await end()).toMatchObject({ position: 3 })
    await end()
    expect(await newest(1)).toEqual([its.completed])
    const labels = { provider: 'offline', model: 'echo' }
    expect(await measured()).toEqual([
      { ...labels, outcome: 'completed', value: 1 },
      { ...labels, kind: 'input', value: 3 },
      { ...labels, kind: 'output', value: 2 },
    ])
  })

  it('is counted among those from the cache when no model was asked', async () => {
    await given(its.started, its.sent)
    await endReplies().execute(new EndReply(cause(), { type, data: { ...data, cached: true }, personal }))
    expect(await metrics.getSingleMetricAsString('verbatim_cached_replies_total')).toMatch(/^verbatim_\w+ 1$/m)
  })

  it('has no tokens when it has failed', async () => {
    await given(its.started, its.sent)
    const ending = { type: its.failed.type, data: its.failed.data, personal: its.failed.personal }
    await endReplies().execute(new EndReply(cause(), ending))
    expect(await measured()).toMatchObject([{ outcome: 'failed', value: 1 }])
  })
})

describe('a chat as this process knows it', () => {
  it('is what it has in memory', async () => {
    expect(chats.known('c1')).toBeUndefined()
    await given(its.started, its.sent)
    expect(await chats.state('c1')).toMatchObject({ open: { replyId: 'r1' } })
    expect(chats.known('c1')).toMatchObject({ open: { replyId: 'r1' } })
  })
})
