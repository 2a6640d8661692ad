import { Chats } from '../../../src/chat/chats.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import type { MessageDoc } from '../../../src/chat/read-models/messages.js'
import { mustBeReply, Replies } from '../../../src/chat/replies/ending/replies.js'
import { ReplyOutcomes } from '../../../src/chat/replies/ending/reply-outcomes.js'
import { Cause } from '../../../src/commands/cause.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'

let deployment: ChatDeployment
/** Its read models do not move, so its callers wait for nothing but the log. */
let here: ChatProcess
let there: ChatProcess
let impatient: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  ;[here, there] = [await deployment.start(['api']), await deployment.start(['projector'])]
  impatient = await deployment.start(['api'], { REPLY_WAIT_MS: '100' })
})
afterAll(() => deployment?.end())
afterEach(() => jest.restoreAllMocks())

const replies = () => here.get(Replies)
async function asked() {
  const prompt = newPrompt()
  await there.append(prompt.started, prompt.sent)
  return { ...prompt, sent: { ...prompt.reply, position: 2 } }
}
const cause = (options = {}) => new Cause({ actor: 'ann', commandId: 'c' }, options)

describe('one who waits for an answer', () => {
  it('gets it as soon as it is in the log, and can read it then', async () => {
    const { sent, reply, chat } = await asked()
    const because = cause()
    const visible = jest.spyOn(here.engine.projections, 'waitUntilVisible')
    const answer = replies().answer(because, sent)
    await there.append(its.of(its.completed, reply))
    expect(await answer).toMatchObject({ status: 'completed', text: 'A fact.', attempt: 'a1' })
    const { position } = (await here.events(chat.chatId)).at(-1)!
    expect(because.logPosition).toBe(position)
    expect(visible).toHaveBeenCalledWith(position)
  })

  it('gets what was written when it is cancelled', async () => {
    const { sent, reply } = await asked()
    await there.append(its.of(its.cancelled, reply))
    expect(await replies().answer(cause(), sent)).toMatchObject({ status: 'cancelled', text: 'A f' })
  })

  it.each([
    [false, /^Failed to generate AI response: no$/],
    [true, /: no The same Idempotency-Key gets this answer again: send a new one\.$/],
  ])('is refused when it has failed; by a key that may come again: %s', async (isRepeatable, message) => {
    const { sent, reply } = await asked()
    await there.append(its.of(its.failed, reply))
    const { promptId, replyId } = reply
    await expect(replies().answer(cause({ isRepeatable }), sent)).rejects.toMatchObject({
      code: 'reply_failed',
      message: expect.stringMatching(message),
      data: { code: 'provider_rejected', promptId, replyId },
    })
  })

  it('goes away without one after a while, when the prompt can be read', async () => {
    const { sent, chat } = await asked()
    const because = cause()
    because.notePosition((await here.events(chat.chatId)).at(-1)!.position)
    const waiting = jest.spyOn(impatient.get(ReplyOutcomes), 'wait')
    const visible = jest.spyOn(impatient.engine.projections, 'waitUntilVisible')
    expect(await impatient.get(Replies).answer(because, sent)).toBeUndefined()
    expect(visible).toHaveBeenCalledWith(because.logPosition)
    expect(waiting.mock.calls[0]![2].aborted).toBe(true) // nobody waits any more
  })
})

describe('a stored reply', () => {
  const doc = { _id: 'r1', promptId: 'p1', model: 'offline/echo', status: 'pending', tokens: null } as MessageDoc

  it('has the ids of prompt and answer, and an outcome once it has ended', async () => {
    expect(await replies().read(doc)).toEqual({ replyId: 'r1', promptId: 'p1', outcome: undefined })
    const failed = await replies().read({ ...doc, promptId: undefined, status: 'failed', error: { code: 'internal' } })
    expect(failed).toMatchObject({ replyId: 'r1', promptId: '', outcome: { status: 'failed' } })
  })

  it('is written by a model: other messages are none', async () => {
    const other = { ...doc, model: undefined }
    expect(() => mustBeReply(other)).toThrow(expect.objectContaining({ code: 'not_found' }))
    await expect(replies().read(other)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('one who cancels', () => {
  const cancel = (chat: { chatId: string; ownerId: string }, because = cause()) => replies().cancel(because, chat)

  it('hears how the open reply has ended', async () => {
    const { chat, reply } = await asked()
    const { promptId, replyId } = reply
    expect(await cancel(chat)).toMatchObject({ promptId, replyId, outcome: { status: 'cancelled', text: '' } })
  })

  it('hears of a failure, too', async () => {
    const { chat, reply } = await asked()
    const end = () => void there.append(its.of(its.failed, reply))
    const release = here.get(ReplyHolds).hold(reply.replyId, end)
    expect(await cancel(chat)).toMatchObject({ outcome: { status: 'failed', error: { detail: 'no' } } })
    release(true)
  })

  it('hears how the latest reply has ended when none is open, and can read it then', async () => {
    const { chat, reply } = await asked()
    const second = { ...reply, promptId: 'p2', replyId: `${reply.replyId}-2` }
    await there.append(its.of(its.completed, reply), its.of(its.sent, second), its.of(its.cancelled, second))
    const because = cause()
    expect(await cancel(chat, because)).toMatchObject({
      promptId: 'p2',
      replyId: second.replyId,
      outcome: { status: 'cancelled', text: 'A f' },
    })
    expect(because.logPosition).toBe((await here.events(chat.chatId)).at(-1)!.position)
  })

  it('is refused where there is no reply, no such chat, or a chat of somebody else', async () => {
    const { started, chat } = newPrompt()
    await there.append(started)
    await expect(cancel(chat)).rejects.toMatchObject({ code: 'not_found', message: 'this chat has no reply' })
    const none = { code: 'not_found', message: 'there is no such chat' }
    await expect(cancel(newPrompt().chat)).rejects.toMatchObject(none)
    await expect(cancel({ ...chat, ownerId: 'bob' })).rejects.toMatchObject(none)
    await there.append(its.of(its.deleted, chat))
    expect(await here.get(Chats).state(chat.chatId)).toMatchObject({ status: 'deleted' })
    await expect(cancel(chat)).rejects.toMatchObject(none)
  })
})
