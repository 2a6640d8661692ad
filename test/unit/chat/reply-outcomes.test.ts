import { Registry } from 'prom-client'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { Chats, chatStream } from '../../../src/chat/chats.js'
import { Channels } from '../../../src/chat/open-reply/channels.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { ReplyOutcomes } from '../../../src/chat/replies/ending/reply-outcomes.js'
import { Drain } from '../../../src/commands/drain.js'
import type { CompleteConfig } from '../../../src/config/index.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { Providers } from '../../../src/llm/providers.js'
import { ModelNames } from '../../../src/telemetry/model-names.js'
import { ReplyMetrics } from '../../../src/telemetry/reply-metrics.js'
import * as its from '../../support/chat/chat-events.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let elsewhere: Engine
let outcomes: ReplyOutcomes
let holds: ReplyHolds
let drain: Drain
let expected: number
const opened: { onModuleDestroy: () => unknown }[] = []

beforeEach(async () => {
  place = await Place.find()
  ;[engine, elsewhere] = [await place.engine({ events: [chatEvents] }), await place.engine({ events: [chatEvents] })]
  const channels = new Channels(place.redis)
  holds = new ReplyHolds(engine, channels, place.redis, place.db)
  drain = new Drain()
  expected = 0
  outcomes = begun(['api'])
  opened.push(channels, holds)
  await append(its.started, its.sent)
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.onModuleDestroy()
  await place?.leave()
})

function begun(roles: CompleteConfig['roles']): ReplyOutcomes {
  const metrics = new ReplyMetrics(new Registry(), new ModelNames(new Providers({})))
  const one = new ReplyOutcomes(engine, new Chats(engine, metrics), holds, drain, { roles })
  opened.push(one)
  return one
}
async function append(...events: ChatEvent[]): Promise<void> {
  await elsewhere.store.append({ stream: chatStream('c1'), expected, events, meta: command() })
  expected += events.length
}
const never = new AbortController().signal
const wait = (signal = never) => outcomes.wait('c1', 'r1', signal)
const text = { text: 'A fact.', attempt: 'a1', status: 'completed' }

describe('one who waits for the end of a reply', () => {
  beforeEach(() => outcomes.onApplicationBootstrap())

  it('gets it when it is in the log, whichever process has written it', async () => {
    const outcome = wait()
    await append(its.completed)
    expect(await outcome).toMatchObject({ ...text, position: 3 })
  })

  it('gets one that is there already', async () => {
    await append(its.failed)
    expect(await wait()).toMatchObject({ status: 'failed', error: { code: 'provider_rejected', detail: 'no' } })
  })

  it('gets the end of this reply, and not of another one', async () => {
    const other = { promptId: 'p2', replyId: 'r2' }
    await append(its.completed, its.of(its.sent, other), its.of(its.failed, other))
    expect(await wait()).toMatchObject(text)
    expect(await outcomes.wait('c1', 'r2', never)).toMatchObject({ status: 'failed' })
  })

  it('gets from memory what has just been read', async () => {
    const release = holds.hold('r1', () => {})
    const outcome = wait() // it hears of the end as the log is read
    await append(its.completed)
    expect(await outcome).toMatchObject(text)
    release(true)
    const reading = jest.spyOn(engine.store, 'readStream')
    expect(await wait()).toMatchObject(text)
    expect(reading).not.toHaveBeenCalled()
  })

  it('is not kept from others who wait for the same', async () => {
    const away = new AbortController()
    const [gone, first, second] = [wait(away.signal), wait(), wait()]
    away.abort()
    expect(await gone).toBeUndefined()
    await append(its.completed)
    expect(await Promise.all([first, second])).toMatchObject([text, text])
  })

  it('gets nothing when it goes away, or when this process is about to stop', async () => {
    const away = new AbortController()
    const outcome = wait(away.signal)
    away.abort()
    expect(await outcome).toBeUndefined()
    expect(await wait(away.signal)).toBeUndefined()
    const another = wait()
    drain.close()
    expect(await another).toBeUndefined()
    expect(await wait()).toBeUndefined()
  })

  it('does not ask the log for a reply that is written here', async () => {
    const release = holds.hold('r1', () => {})
    const reading = jest.spyOn(engine.store, 'readStream')
    const outcome = wait()
    await append(its.completed)
    expect(await outcome).toMatchObject(text)
    expect(reading).not.toHaveBeenCalled()
    release(true)
  })
})

describe('the latest end of a chat’s replies', () => {
  it('is in the log', async () => {
    expect(await outcomes.latestEnding('c1')).toBeUndefined()
    const other = { promptId: 'p2', replyId: 'r2' }
    await append(its.completed, its.of(its.sent, other), its.of(its.failed, other), its.liked)
    expect(await outcomes.latestEnding('c1')).toMatchObject({ type: 'ReplyFailed', data: { replyId: 'r2' } })
    expect(await outcomes.latestEnding('c1', 'r1')).toMatchObject({ type: 'ReplyCompleted' })
    expect(await outcomes.latestEnding('c1', 'r3')).toBeUndefined()
  })
})

describe('a process without a role', () => {
  it('does not follow the log', async () => {
    const following = jest.spyOn(engine, 'follow')
    await begun([]).onApplicationBootstrap()
    expect(following).not.toHaveBeenCalled()
    await begun(['api']).onApplicationBootstrap()
    await eventually(
      async () => following.mock.calls,
      ({ length }) => length === 1,
    )
    expect(following.mock.calls[0]![0]).toBe(2) // from where the log ended then
  })
})
