import { ReplyDrafts } from '../../../src/chat/open-reply/reply-drafts.js'
import { Deltas } from '../../../src/chat/open-reply/deltas.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { Chats, chatStream } from '../../../src/chat/chats.js'
import { DeleteChat } from '../../../src/chat/commands/delete-chat.js'
import { ReplyCancellation } from '../../../src/chat/replies/ending/reply-cancellation.js'
import { Bus } from '../../../src/commands/bus.js'
import { Cause } from '../../../src/commands/cause.js'
import { loadTokenizer } from '../../../src/llm/tokens.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'

let deployment: ChatDeployment
let here: ChatProcess
let there: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  ;[here, there] = [await deployment.start(), await deployment.start()]
})
afterAll(() => deployment?.end())

async function asked() {
  const prompt = newPrompt()
  await there.append(prompt.started, prompt.sent)
  const { chat, reply } = prompt
  const { open } = await here.get(Chats).state(chat.chatId)
  const cancel = () => here.get(ReplyCancellation).cancel(chat, open!)
  const write = (text: string) => there.get(Deltas).add(chat.chatId, reply.replyId, { attempt: 'a1', offset: 0, text })
  return { chat, reply, cancel, write }
}
const ended = ({ chatId }: { chatId: string }) => here.newest(chatId, 'ReplyCancelled')
const nothing = { prompt: 0, completion: 0, total: 0, by: 'tokenizer' }

describe('what was written of an open reply', () => {
  it('is what readers were sent, with its tokens as we count them', async () => {
    const { chat, reply, write } = await asked()
    expect(await here.get(ReplyDrafts).find(chat.chatId, reply.replyId)).toBeUndefined()
    await write('One two')
    const completion = (await loadTokenizer()).countTokens('One two')
    expect(await here.get(ReplyDrafts).find(chat.chatId, reply.replyId)).toEqual({
      replyId: reply.replyId,
      attempt: 'a1',
      text: 'One two',
      tokens: { prompt: 0, completion, total: completion, by: 'tokenizer' },
    })
  })
})

describe('an open reply that is cancelled', () => {
  it('ends here when nobody writes it, with nothing', async () => {
    const { chat, reply, cancel } = await asked()
    await cancel()
    expect(await ended(chat)).toEqual({
      type: 'ReplyCancelled',
      data: { ...reply, model: 'openai/gpt-4o-mini', tokens: nothing },
      personal: { text: '' },
    })
    expect((await here.events(chat.chatId)).at(-1)!.meta.actor).toBe('ann')
  })

  it('keeps what readers were sent by a process that is gone, and leaves nothing of it in Redis', async () => {
    const { chat, reply, cancel, write } = await asked()
    await write('One two')
    await cancel()
    expect(await ended(chat)).toMatchObject({
      data: { ...reply, attempt: 'a1', tokens: { prompt: 0 } },
      personal: { text: 'One two' },
    })
    expect(await here.redis.keys(`*:reply:${reply.replyId}`)).toEqual([])
  })

  it('is ended by the process that writes it', async () => {
    const { chat, reply, cancel, write } = await asked()
    await write('One')
    const whole = its.of({ ...its.cancelled, personal: { text: 'One two' } }, reply)
    const release = here.get(ReplyHolds).hold(reply.replyId, () => void there.append(whole))
    await cancel()
    release(true)
    expect(await ended(chat)).toMatchObject({ personal: { text: 'One two' } })
    expect((await here.events(chat.chatId)).map(({ type }) => type)).toEqual([
      'ChatStarted',
      'PromptSent',
      'ReplyCancelled',
    ])
    expect(await here.redis.keys(`*:reply:${reply.replyId}`)).toHaveLength(1) // which is for its writer to delete
    await here.get(Deltas).forget(reply.replyId)
  })

  it('ends here when the process that writes it does not react', async () => {
    const { chat, reply, cancel, write } = await asked()
    await write('One')
    let stopped = 0
    const release = here.get(ReplyHolds).hold(reply.replyId, () => stopped++)
    await cancel()
    release(true)
    expect(stopped).toBe(1)
    expect(await ended(chat)).toMatchObject({ personal: { text: 'One' } })
  })

  it('is not the next one of its chat', async () => {
    const { chat, reply, cancel } = await asked()
    const next = its.of(its.sent, { ...reply, promptId: 'p2', replyId: `${reply.replyId}-2` })
    const release = here
      .get(ReplyHolds)
      .hold(reply.replyId, () => void there.append(its.of(its.completed, reply), next))
    await cancel()
    release(true)
    expect((await here.events(chat.chatId)).map(({ type }) => type)).toEqual([
      'ChatStarted',
      'PromptSent',
      'ReplyCompleted',
      'PromptSent',
    ])
  })
})

describe('a chat that is deleted', () => {
  const remove = (chat: { chatId: string; ownerId: string }, erase: boolean) =>
    here.get(Bus).begin(new DeleteChat(Cause.by('ann'), chat, erase))
  const types = async (chatId: string) => (await here.events(chatId)).map(({ type }) => type).slice(2)

  it('ends its open reply with what was written, and stops who writes it', async () => {
    const { chat, reply, write } = await asked()
    await write('One two')
    let stopped = 0
    const release = here.get(ReplyHolds).hold(reply.replyId, () => stopped++)
    const { position } = await remove(chat, false)
    release(true)
    expect(stopped).toBe(1)
    const [end, deleted] = (await here.events(chat.chatId)).slice(2)
    expect(end).toMatchObject({ type: 'ReplyCancelled', data: { ...reply, attempt: 'a1' } })
    expect(deleted).toMatchObject({ type: 'ChatDeleted', position })
    expect(await here.personalOf(end!)).toEqual({ text: 'One two' })
  })

  it('has no reply to end when none is open', async () => {
    const { chat, reply } = await asked()
    await there.append(its.of(its.completed, reply))
    const stopping = jest.spyOn(here.get(ReplyHolds), 'stop')
    await remove(chat, false)
    expect(await types(chat.chatId)).toEqual(['ReplyCompleted', 'ChatDeleted'])
    expect(stopping).not.toHaveBeenCalled()
    stopping.mockRestore()
  })

  it('can be read no more once it is erased, and by audits until then', async () => {
    const { chat } = await asked()
    const key = () => here.engine.vault.keyOf(chatStream(chat.chatId))
    await remove(chat, false)
    expect(await key()).toHaveLength(32)
    await remove(chat, true)
    await expect(key()).rejects.toMatchObject({ code: 'erased' })
    expect(await types(chat.chatId)).toEqual(['ReplyCancelled', 'ChatDeleted', 'ChatErased'])
  })

  it('is erased by the reactor when the process that was asked to has died', async () => {
    const { chat } = await asked()
    await there.append({ type: 'ChatDeleted', data: chat }, { type: 'ChatErased', data: chat })
    const reacting = await deployment.start()
    reacting.engine.start({ reactors: true })
    const stored = () => here.db.collection<{ _id: string }>('keys').findOne({ _id: chatStream(chat.chatId) })
    expect(await eventually(stored, (key) => key !== null && !('key' in key))).toMatchObject({
      destroyed: expect.any(Date),
    })
    await reacting.close()
  })
})
