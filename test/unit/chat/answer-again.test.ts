import { AnswerAgain } from '../../../src/chat/commands/answer-again.js'
import { Bus } from '../../../src/commands/bus.js'
import { Cause } from '../../../src/commands/cause.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'

let deployment: ChatDeployment
let here: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start(['projector'])
})
afterAll(() => deployment?.end())

const tools = (name: string) => ({ options: { tools: [{ name }] } })

/** A chat with an answer that asks for calls, and the one that follows their outputs, which came with these options. */
async function asked(options: object) {
  const { chat, reply, started, sent } = newPrompt()
  const next = { ...reply, replyId: `${reply.replyId}-next` }
  const output = (callId: string) =>
    its.of(its.received, { ...chat, replyId: reply.replyId, callId, messageId: `${reply.replyId}-${callId}` })
  const prompt = { ...sent, personal: { ...sent.personal, ...tools('first') } }
  const begun = { ...its.of(its.begun, next), personal: options }
  const outputs = [output('call1'), output('call2')]
  await here.append(started, prompt, its.of(its.requested, reply), ...outputs, begun, its.of(its.completed, next))
  await here.engine.projections.waitUntilReached(await here.engine.store.head())
  return { chat, reply, next }
}
async function again(chat: { chatId: string; ownerId: string }, messageId: string, settings = {}, model?: string) {
  const sent = await here.get(Bus).begin(new AnswerAgain(Cause.by('ann'), chat, messageId, model, settings))
  return { sent, event: await here.newest(chat.chatId, 'ReplyBegun') }
}

describe('another answer', () => {
  it('to a prompt is asked for as the prompt was, and its options are found there', async () => {
    const { chat, reply } = await asked(tools('second'))
    const { sent, event } = await again(chat, reply.promptId)
    expect(event).toMatchObject({
      data: { promptId: reply.promptId, replyId: sent.replyId, model: 'openai/gpt-4o-mini', after: { place: 4 } },
      personal: {},
    })
  })

  it('to outputs of tools has the options that came with them', async () => {
    const { chat, next } = await asked(tools('second'))
    const { event } = await again(chat, next.replyId)
    expect(event).toMatchObject({ personal: tools('second') })
  })

  it('may come from another model, with other settings', async () => {
    const { chat, reply } = await asked({})
    const { event } = await again(chat, reply.promptId, { temperature: 0 }, 'offline/echo')
    expect(event).toMatchObject({ data: { model: 'offline/echo', settings: { temperature: 0 } } })
  })

  it('is refused for what no model was asked', async () => {
    const { chat } = await asked({})
    const stored = its.of(its.stored, { ...chat, messageId: `m-${chat.chatId}` })
    await here.append(stored)
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    await expect(again(chat, stored.data.messageId)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is refused when the question was deleted', async () => {
    const { chat, reply, next } = await asked({})
    await here.append({ type: 'MessageDeleted', data: { ...chat, messageId: reply.promptId } })
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    await expect(again(chat, next.replyId)).rejects.toMatchObject({
      code: 'not_found',
      message: 'the question was deleted; send another prompt',
    })
  })
})
