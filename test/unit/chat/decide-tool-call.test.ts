import { DecideToolCall } from '../../../src/chat/commands/decide-tool-call.js'
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

/** A chat whose answer asks for two calls that must be approved. */
async function asked() {
  const { chat, reply, started, sent } = newPrompt()
  await here.append(started, sent, its.of(its.requested, { ...reply, needApproval: ['call1', 'call2'] }))
  const deny = (callId: string, cause = Cause.by('ann')) =>
    here.get(Bus).command(new DecideToolCall(cause, chat, callId, 'denied'))
  return { chat, reply, deny }
}
const lengthOf = async (chatId: string) => (await here.events(chatId)).length

describe('a decision about a call', () => {
  it('says what is still to be decided, and which reply has begun with the last one', async () => {
    const { reply, deny } = await asked()
    const first = await deny('call1')
    expect(first).toMatchObject({ replyId: reply.replyId, waitsFor: [], needApproval: ['call2'] })
    expect(first).not.toHaveProperty('nextReplyId')
    expect(await deny('call2')).toMatchObject({ waitsFor: [], needApproval: [], nextReplyId: expect.any(String) })
  })

  it('that was made already says the same, and changes nothing', async () => {
    const { chat, deny } = await asked()
    await deny('call1')
    const last = await deny('call2')
    const length = await lengthOf(chat.chatId)
    expect(await deny('call2')).toMatchObject({ nextReplyId: last.nextReplyId, needApproval: [] })
    expect(await deny('call1')).toMatchObject({ nextReplyId: last.nextReplyId })
    expect(await lengthOf(chat.chatId)).toBe(length)
  })

  it('that is repeated when the chat has other calls says what it has said of its own', async () => {
    const { chat, reply, deny } = await asked()
    const cause = Cause.by('ann')
    await deny('call1', cause)
    const { nextReplyId } = await deny('call2')
    const next = { ...reply, replyId: nextReplyId! }
    const others = ['call3', 'call4']
    await here.append(its.of(its.requested, { ...next, calls: others, needApproval: others }))
    const repeated = await deny('call1', cause)
    expect(repeated).toMatchObject({ replyId: reply.replyId, waitsFor: [], needApproval: [] })
    expect(repeated).not.toHaveProperty('nextReplyId')
    expect(await lengthOf(chat.chatId)).toBe(9)
  })
})
