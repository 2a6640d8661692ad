import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import { ChatLogController } from '../../../src/chat/api/logging/chat-log.controller.js'
import { MessageLogController } from '../../../src/chat/api/logging/message-log.controller.js'
import { ProjectChatController } from '../../../src/chat/api/project/project-chat.controller.js'
import type { Delivery } from '../../../src/chat/api/prompts.js'
import { AiController } from '../../../src/chat/api/realtime/ai.controller.js'
import { ChatsController } from '../../../src/chat/api/root/chats.controller.js'
import { FeedbackController } from '../../../src/chat/api/root/feedback.controller.js'
import { RepliesController } from '../../../src/chat/api/root/replies.controller.js'
import { ChatIds } from '../../../src/chat/chat-ids.js'
import { Cause } from '../../../src/commands/cause.js'
import type { Caller } from '../../../src/commands/caller.js'
import { ownerStream } from '../../../src/identity/users.js'
import { CreateProject } from '../../../src/projects/commands/create-project.js'
import { AddPrompt } from '../../../src/projects/commands/add-prompt.js'
import { Bus } from '../../../src/commands/bus.js'
import { ChatDeployment, type ChatProcess } from '../../support/chat/chat-process.js'

let deployment: ChatDeployment
let here: ChatProcess
let caller: Caller
let callers = 0
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start(['api', 'worker', 'projector'])
})
afterAll(() => deployment?.end())
beforeEach(async () => {
  caller = { id: `caller-${++callers}`, role: 'user' }
  await here.engine.vault.keyForFirstAppend(ownerStream(caller.id))
  deployment.model.answerWith('A fact.')
})

const cause = ({ isAsync = false } = {}) =>
  new Cause({ actor: caller.id, commandId: `${caller.id}-${Math.random()}` }, { isAsync })
const page = (limit = 50, cursor?: string) => ({ limit, cursor })
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What the controller tells Fastify: a status and headers. */
function delivery({ asEvents = false, lastEventId = undefined as string | undefined } = {}) {
  const told: Record<string, unknown> = {}
  const reply = {
    raw: new ServerResponse(new IncomingMessage(new Socket())),
    status: (status: number) => (Object.assign(told, { status }), reply),
    header: (name: string, value: string) => (Object.assign(told, { [name]: value }), reply),
    headers: (all: object) => (Object.assign(told, all), reply),
  }
  return {
    told,
    delivery: {
      asEvents,
      lastEventId,
      isGuest: false,
      replies: '/chat/replies',
      reply: reply as never as FastifyReply,
    } satisfies Delivery,
  }
}
async function whole(stream: unknown): Promise<string> {
  let text = ''
  for await (const part of stream as AsyncIterable<string>) text += part
  return text
}
const usage = { promptTokens: 4, completionTokens: 2, totalTokens: 6 }

describe('the root family', () => {
  const replies = () => here.get(RepliesController)
  const chats = () => here.get(ChatsController)
  const send = (sessionId: string, to = delivery(), because = cause(), body = {}) =>
    replies().send({ sessionId }, { text: 'What is an event?', ...body }, caller, because, to.delivery)

  it('answers a prompt whole', async () => {
    const to = delivery()
    expect(await send('diary', to)).toEqual({
      messageId: expect.stringMatching(uuid),
      promptId: expect.stringMatching(uuid),
      status: 'completed',
      text: 'A fact.',
      tokens: 6,
      usage,
    })
    expect(to.told).toEqual({})
  })

  it('passes on what the model is to do', async () => {
    await send('diary', delivery(), cause(), {
      model: 'openai/gpt-3.5-turbo',
      settings: { temperature: 0.5, maxTokens: undefined },
    })
    const { body } = deployment.model.requests.at(-1)!
    expect(body).toMatchObject({ model: 'gpt-3.5-turbo', temperature: 0.5 })
    expect(body).not.toHaveProperty('max_tokens')
  })

  it('answers a prompt later, and says where', async () => {
    const to = delivery()
    const because = cause({ isAsync: true })
    const pending = (await send('diary', to, because)) as { messageId: string; status: string }
    expect(pending).toMatchObject({ status: 'pending' })
    expect(to.told).toEqual({ status: 202, location: `/chat/replies/${pending.messageId}` })
    expect(because.logPosition).toBeGreaterThan(0)
    await here.newest(chatIdOf(), 'ReplyCompleted')
    await visible()
    const { messageId: replyId } = pending
    const answer = { messageId: replyId, promptId: expect.any(String), status: 'completed', text: 'A fact.', tokens: 6 }
    expect(await replies().reply({ replyId }, caller)).toEqual(answer)
    expect(await replies().cancel({ sessionId: 'diary' }, caller, cause())).toEqual(answer)
  })

  it('answers a prompt as events, also to one who comes later or has a part', async () => {
    const to = delivery({ asEvents: true })
    expect(await whole(await send('diary', to))).toMatch(/^event: start\n.+event: done\n/s)
    expect(to.told).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' })
    await visible()
    const { messages } = await chats().messages({ sessionId: 'diary' }, page(), caller)
    const replyId = messages[1]!.id
    const later = delivery()
    const text = await whole(await replies().events({ replyId }, caller, {}, undefined, later.delivery.reply))
    expect(text).toMatch(/event: delta\n.+"A fact\."/s)
    expect(text).toContain(`"promptId":"${messages[0]!.id}"`)
    expect(later.told).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8' })
    const last = text.match(/(?<=^id: ).+$/gm)!.at(-1)!
    const rest = await whole(await replies().events({ replyId }, caller, {}, last, later.delivery.reply))
    expect(rest).not.toContain('event: delta')
    const notReply = replies().events({ replyId: messages[0]!.id }, caller, {}, undefined, later.delivery.reply)
    await expect(notReply).rejects.toMatchObject({ code: 'not_found' })
  })

  it('goes on with a stream that was cut', async () => {
    const because = cause()
    const first = await whole(await send('diary', delivery({ asEvents: true }), because))
    const lastEventId = first.match(/(?<=^id: ).+$/gm)!.at(-1)!
    const again = await whole(await send('diary', delivery({ asEvents: true, lastEventId }), because))
    expect(again).not.toContain('event: delta')
    expect(again).toContain('event: done')
  })

  it('lists, renames and deletes the chats of the caller', async () => {
    await send('diary')
    await visible()
    const [chat] = (await chats().list({ userId: caller.id }, page(), caller)).chats
    expect(chat).toMatchObject({ name: 'What is an event?', messageCount: 2 })
    for (const edit of ['put', 'edit'] as const)
      expect(await chats()[edit]({ sessionId: 'diary' }, { name: edit }, caller, cause())).toMatchObject({
        id: chat!.id,
        name: edit,
      })
    await chats().delete({ sessionId: 'diary' }, { erase: false }, caller, cause())
    expect(await chats().list({ userId: caller.id }, page(), caller)).toEqual({ chats: [], nextCursor: undefined })
    await expect(here.engine.vault.keyOf(`chat-${chat!.id}`)).resolves.toBeInstanceOf(Buffer)
    await chats().delete({ sessionId: 'diary' }, { erase: true }, caller, cause())
    await expect(here.engine.vault.keyOf(`chat-${chat!.id}`)).rejects.toMatchObject({ code: 'erased' })
  })

  it('lists the chats of somebody else to administrators only', async () => {
    await send('diary')
    await visible()
    const list = (role: Caller['role'], id = 'somebody') => chats().list({ userId: caller.id }, page(), { id, role })
    for (const role of ['user', 'auditor'] as const)
      await expect(list(role)).rejects.toMatchObject({ code: 'not_found', message: 'there is no such account' })
    expect((await list('admin')).chats).toHaveLength(1)
  })

  it('lists messages, page by page', async () => {
    await send('diary')
    await visible()
    const { messages, nextCursor } = await chats().messages({ sessionId: 'diary' }, page(1), caller)
    expect(messages).toMatchObject([{ text: 'What is an event?', sentBy: 'user' }])
    expect((await chats().messages({ sessionId: 'diary' }, page(1, nextCursor), caller)).messages).toMatchObject([
      { text: 'A fact.', sentBy: 'system' },
    ])
  })

  it('takes feedback on a message, and withdraws it', async () => {
    await send('diary')
    await visible()
    const { messages } = await chats().messages({ sessionId: 'diary' }, page(), caller)
    const messageId = messages[1]!.id
    const given = async () => (await chats().messages({ sessionId: 'diary' }, page(), caller)).messages[1]!.feedback
    const feedback = here.get(FeedbackController)
    expect(await feedback.give({ messageId }, { type: 'negative' }, caller, cause())).toEqual({
      id: messageId,
      feedback: 'negative',
    })
    expect(await given()).toBe('negative')
    const commented = { type: 'negative' as const, comment: 'Too short.' }
    expect(await feedback.give({ messageId }, commented, caller, cause())).toEqual({
      id: messageId,
      feedback: 'negative',
      feedbackComment: 'Too short.',
    })
    expect(await feedback.withdraw({ messageId }, caller, cause())).toEqual({ id: messageId, feedback: null })
    expect(await given()).toBeNull()
  })
})

describe('the logging family', () => {
  const chats = () => here.get(ChatLogController)
  const messages = () => here.get(MessageLogController)
  const start = async (body = {}) => (await chats().start(body, caller, cause())).data.chat

  it('starts, changes, shows and deletes a chat', async () => {
    const chat = await start({ title: 'Sums', tags: ['maths'], metadata: undefined })
    expect(chat).toMatchObject({ id: expect.stringMatching(uuid), title: 'Sums', tags: ['maths'], metadata: {} })
    expect(await chats().start({}, caller, cause())).toMatchObject({ success: true, message: 'Chat created' })
    const change = { title: undefined, metadata: { from: 'school' } }
    expect(await chats().change({ chatId: chat.id }, change, caller, cause())).toMatchObject({
      message: 'Chat updated',
      data: { chat: { title: 'Sums', metadata: { from: 'school' } } },
    })
    expect((await chats().list(page(), caller)).data.chats.map(({ title }) => title)).toEqual(['New chat', 'Sums'])
    expect(await chats().delete({ chatId: chat.id }, { erase: true }, caller, cause())).toEqual({
      success: true,
      message: 'Chat deleted',
      data: {},
    })
    expect((await chats().list(page(), caller)).data.chats).toHaveLength(1)
    await expect(here.engine.vault.keyOf(`chat-${chat.id}`)).rejects.toMatchObject({ code: 'erased' })
  })

  it('finds chats by a part of the title and by tags', async () => {
    await start({ title: 'Sums', tags: ['maths', 'school'] })
    await start({ title: 'Rome', tags: ['school'] })
    const found = async (query: { q?: string; tags?: string }) =>
      (await chats().search({ ...page(), ...query }, caller)).data.chats.map(({ title }) => title)
    expect(await found({})).toEqual(['Rome', 'Sums'])
    expect(await found({ q: 'sum' })).toEqual(['Sums'])
    expect(await found({ tags: 'school' })).toEqual(['Rome', 'Sums'])
    expect(await found({ tags: ' maths , ,school,' })).toEqual(['Sums'])
    const { chats: some, nextCursor } = (await chats().search({ ...page(1) }, caller)).data
    expect([some.length, typeof nextCursor]).toEqual([1, 'string'])
  })

  it('keeps messages: one, or many together', async () => {
    const { id: chatId } = await start()
    const one = await messages().add({ chatId }, { role: 'user', content: 'Hi' }, caller, cause())
    expect(one).toMatchObject({ message: 'Message added', data: { message: { chatId, role: 'user', content: 'Hi' } } })
    const many = { messages: ['1', '2'].map((content) => ({ role: 'tool' as const, content })) }
    const added = await messages().addAll({ chatId }, many, caller, cause())
    expect(added).toMatchObject({
      message: '2 messages added',
      data: { messages: [{ content: '1' }, { content: '2' }] },
    })
    const { data } = await messages().list({ chatId }, page(), caller)
    expect(data.messages.map(({ content }) => content)).toEqual(['Hi', '1', '2'])
    expect(data.messages.map(({ id }) => id)).toEqual([one.data.message.id, ...added.data.messages.map(({ id }) => id)])
    expect((await messages().list({ chatId }, page(2), caller)).data.nextCursor).toEqual(expect.any(String))
  })

  it('shows a chat with its newest messages, the oldest of them first, each time', async () => {
    const { id: chatId } = await start()
    const many = Array.from({ length: 52 }, (_, i) => ({ role: 'user' as const, content: String(i) }))
    await messages().addAll({ chatId }, { messages: many }, caller, cause())
    for (let time = 0; time < 3; time++) {
      const { chat } = (await chats().details({ chatId }, caller)).data
      expect(chat).toMatchObject({ id: chatId, title: 'New chat' })
      expect(chat.messages.map(({ content }) => content)).toEqual(many.slice(2).map(({ content }) => content))
    }
  })

  it('shows, changes and deletes a message', async () => {
    const { id: chatId } = await start()
    const body = { role: 'tool' as const, content: '42', name: 'sum', tokens: 3 }
    const { id: messageId } = (await messages().add({ chatId }, body, caller, cause())).data.message
    const at = { chatId, messageId }
    expect((await messages().one(at, caller)).data.message).toMatchObject(body)
    const changed = await messages().edit(at, { content: '43' }, caller, cause())
    expect(changed).toMatchObject({ message: 'Message updated', data: { message: { ...body, content: '43' } } })
    const deleted = { success: true, message: 'Message deleted', data: {} }
    expect(await messages().delete(at, caller, cause())).toEqual(deleted)
    for (const again of [messages().one(at, caller), messages().delete(at, caller, cause())])
      await expect(again).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('the realtime family', () => {
  it('lists models', async () => {
    const { data } = await here.get(AiController).models()
    expect(data.models.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['openai/gpt-4o-mini', 'openai/gpt-3.5-turbo', 'offline/echo']),
    )
  })

  it.each([
    [undefined, undefined],
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    ['sum', { type: 'function', function: { name: 'sum' } }],
  ])('tells the model to choose tools as it was asked to: %s', async (toolChoice, told) => {
    const body = { content: 'Hi', tools: [{ name: 'sum' }, { name: 'count' }], toolChoice }
    const chatId = `tools-${toolChoice}`
    await here.get(AiController).ask({ chatId }, body, caller, cause(), delivery().delivery)
    const asked = deployment.model.requests.at(-1)!.body as { tool_choice?: unknown; tools: object[] }
    expect([asked.tool_choice, asked.tools.length]).toEqual([told, 2])
  })

  it.each([
    [{ tools: [{ name: 'sum' }], toolChoice: 'count' }, 'toolChoice'],
    [{ toolChoice: 'auto' }, 'toolChoice'],
    [{ tools: [{ name: 'sum' }, { name: 'sum' }] }, 'tools'],
    [{ after: 'm1', insteadOf: 'm1' }, 'insteadOf'],
    [{ files: ['f1'] }, 'files'],
  ])('refuses %j by its field', async (more, field) => {
    const body = { content: 'Hi', ...more }
    const asking = here.get(AiController).ask({ chatId: 'diary' }, body, caller, cause(), delivery().delivery)
    await expect(asking).rejects.toMatchObject({ data: { errors: [{ field }] } })
  })

  it('takes a prompt that follows an older message, or stands instead of one', async () => {
    const ask = async (more: object) => {
      const body = { content: 'Hi', ...more }
      const asked = await here.get(AiController).ask({ chatId: 'diary' }, body, caller, cause(), delivery().delivery)
      return (asked as { data: { message: { id: string; promptId: string } } }).data.message
    }
    const first = await ask({})
    const second = await ask({})
    await ask({ after: first.id })
    await ask({ insteadOf: second.promptId })
    const prompts = (await here.events(chatIdOf())).filter((event) => event.type === 'PromptSent')
    expect(prompts.map(({ data }) => data.after?.messageId)).toEqual([undefined, undefined, first.id, first.id])
  })

  it('answers a prompt, or says where its answer will be', async () => {
    const ask = (because = cause()) =>
      here.get(AiController).ask({ chatId: 'diary' }, { content: 'Hi' }, caller, because, delivery().delivery)
    const message = {
      id: expect.stringMatching(uuid),
      chatId: chatIdOf(),
      promptId: expect.stringMatching(uuid),
      role: 'assistant',
    }
    expect(await ask()).toEqual({
      success: true,
      data: {
        message: {
          ...message,
          content: 'A fact.',
          status: 'completed',
          tokens: 3,
          usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
        },
      },
    })
    expect(await ask(cause({ isAsync: true }))).toEqual({
      success: true,
      data: { message: { ...message, content: '', status: 'pending', tokens: null } },
    })
    await here.newest(chatIdOf(), 'ReplyCompleted')
  })
})

describe('the project family', () => {
  it('answers with the project’s prompts and settings, in a new chat or in one that is there', async () => {
    const bus = here.get(Bus)
    const settings = { model: 'openai/gpt-3.5-turbo', temperature: 0.25, maxTokens: 77 }
    const texts = { name: 'Log', description: '' }
    const { projectId } = await bus.command(new CreateProject(cause(), caller.id, texts, settings))
    await bus.command(new AddPrompt(cause(), { projectId, ownerId: caller.id }, 'system', 'Be brief'))
    const send = (body: { message: string; chatId?: string }, because = cause()) =>
      here.get(ProjectChatController).send({ projectId }, body, caller, because, delivery().delivery) as Promise<{
        data: { chatId: string }
      }>
    const first = await send({ message: 'Hi there' })
    expect(first).toEqual({
      success: true,
      data: {
        message: 'A fact.',
        usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
        chatId: expect.stringMatching(uuid),
        messageId: expect.stringMatching(uuid),
        status: 'completed',
      },
    })
    expect(deployment.model.requests.at(-1)!.body).toMatchObject({
      model: 'gpt-3.5-turbo',
      temperature: 0.25,
      max_tokens: 77,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Hi there' },
      ],
    })
    const { chatId } = first.data
    expect((await send({ message: 'And?', chatId })).data.chatId).toBe(chatId)
    expect((await send({ message: 'And?', chatId: 'diary' })).data.chatId).toBe(chatIdOf())
    const because = cause({ isAsync: true })
    const pending = await send({ message: 'And?' }, because)
    expect(pending.data).toMatchObject({ message: '', usage: null, messageId: expect.any(String), status: 'pending' })
    expect([chatId, chatIdOf()]).not.toContain(pending.data.chatId)
    await here.newest(pending.data.chatId, 'ReplyCompleted')
    expect((await send({ message: 'And?' }, because)).data.chatId).toBe(pending.data.chatId)
  })
})

/** Of the chat that the caller calls a diary. */
const chatIdOf = () => here.get(ChatIds).of(caller.id, 'diary')
const visible = async () => {
  await here.engine.projections.waitUntilReached(await here.engine.store.head())
}
