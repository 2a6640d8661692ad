import { ToolWaits } from '../../../src/chat/replies/worker/tool-waits.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'

let deployment: ChatDeployment
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
})
afterAll(() => deployment?.end())

/** A chat whose model has asked for a call. */
async function waiting(projector: Awaited<ReturnType<ChatDeployment['start']>>) {
  const { chat, reply, started, sent } = newPrompt()
  await projector.append(started, sent, its.of(its.requested, { ...reply, calls: ['call1'] }))
  return { chat, reply }
}

describe('a chat that waits for outputs', () => {
  it('waits no longer than it may: the end is in the log, once', async () => {
    const late = await deployment.start(['projector'], { TOOL_OUTPUT_WAIT: '1ms' })
    const { chat, reply } = await waiting(late)
    const ended = await eventually(
      () => late.get(ToolWaits).endOverdue(),
      (count: number) => count > 0,
    )
    expect(ended).toBe(1)
    expect(await late.newest(chat.chatId, 'ToolCallsAbandoned')).toEqual({
      type: 'ToolCallsAbandoned',
      data: { ...reply, end: 'timeout' },
      personal: undefined,
    })
    await late.get(ToolWaits).endOverdue()
    const types = (await late.events(chat.chatId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'ToolCallsAbandoned')).toHaveLength(1)
  })

  it('waits until then', async () => {
    const early = await deployment.start(['projector'], { TOOL_OUTPUT_WAIT: '1h' })
    await waiting(early)
    await early.engine.projections.waitUntilVisible(await early.engine.store.head())
    expect(await early.get(ToolWaits).endOverdue()).toBe(0)
  })
})
