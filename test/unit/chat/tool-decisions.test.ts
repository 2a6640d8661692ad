import type { ChatEvent } from '../../../src/chat/chat.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { ToolDecisions } from '../../../src/chat/replies/ending/tool-decisions.js'
import type { Engine } from '../../../src/event-store/engine.js'
import * as its from '../../support/chat/chat-events.js'
import { command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let decisions: ToolDecisions
let expected: number
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  decisions = new ToolDecisions(engine)
  expected = 0
})
afterEach(() => place?.leave())

async function append(...events: ChatEvent[]): Promise<void> {
  await engine.store.append({ stream: chatStream('c1'), expected, events, meta: command() })
  expected += events.length
}
const never = new AbortController().signal
const wait = (replyId = 'r1') => decisions.wait('c1', replyId, never)

const asked = [its.started, its.sent, its.of(its.requested, { needApproval: ['call1', 'call2'] })]
const approved = (callId: string) => its.of(its.approved, { callId })
const denied = (callId: string) => its.of(its.denied, { callId })
const second = { ...its.toolCall, id: 'call2' }

describe('one who waits until all calls are decided', () => {
  it('gets those that were approved, and the position of the last decision', async () => {
    await append(...asked, approved('call2'), denied('call1'))
    const { position } = (await wait())!
    expect(position).toBe(await engine.store.head())
    await append(its.of(its.received, { callId: 'call2' }), its.renamed)
    expect(await wait()).toEqual({ toolCalls: [second], position })
  })

  it('gets them as soon as they are', async () => {
    await append(...asked, denied('call1'))
    const waiting = wait()
    await append(its.renamed)
    await append(approved('call2'))
    expect(await waiting).toMatchObject({ toolCalls: [second] })
  })

  it('gets the reply that follows when none was approved, and not a later one', async () => {
    const later = { promptId: 'p2', replyId: 'r3' }
    await append(...asked, denied('call1'), denied('call2'), its.begun)
    const next = { promptId: its.begun.data.promptId, replyId: its.begun.data.replyId }
    expect(await wait()).toMatchObject({ toolCalls: [], next })
    await append(its.of(its.completed, next), its.of(its.sent, later), its.of(its.completed, later))
    expect(await wait()).toMatchObject({ toolCalls: [], next })
  })

  it('gets calls that need no approval at once', async () => {
    await append(its.started, its.sent, its.requested)
    expect(await wait()).toEqual({ toolCalls: [its.toolCall, second], position: 0 })
  })

  it('is refused when the chat goes on without a decision', async () => {
    await append(...asked, approved('call1'), its.abandoned)
    await expect(wait()).rejects.toMatchObject({ code: 'call_abandoned' })
  })

  it('still gets what was decided before the chat went on', async () => {
    await append(...asked, approved('call1'), approved('call2'), its.abandoned)
    expect(await wait()).toMatchObject({ toolCalls: [its.toolCall, second] })
  })

  it('is refused where no calls were asked for', async () => {
    await append(its.started, its.sent)
    await expect(wait()).rejects.toMatchObject({ code: 'not_found' })
    await expect(wait('r9')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('gets nothing when it stops waiting', async () => {
    await append(...asked)
    const stop = new AbortController()
    const waiting = decisions.wait('c1', 'r1', stop.signal)
    stop.abort()
    expect(await waiting).toBeUndefined()
  })
})
