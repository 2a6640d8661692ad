import { RecentChatEvents } from '../../../src/chat/replies/worker/recent-chat-events.js'
import { chatEvents, type RecordedChatEvent } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { StreamRange } from '../../../src/event-store/log/event-store.js'
import { all, command, Place } from '../../support/event-store/engines.js'

let place: Place
let here: Engine
let elsewhere: Engine
let recent: RecentChatEvents
/** How often the database was asked for a stream. */
let reads: number
let lastRange: StreamRange | undefined

beforeEach(async () => {
  place = await Place.find()
  here = await place.engine({ events: [chatEvents] })
  elsewhere = await place.engine({ events: [chatEvents] })
  recent = new RecentChatEvents(here, { roles: ['worker'] })
  reads = 0
  const read = here.store.readStream.bind(here.store)
  jest.spyOn(here.store, 'readStream').mockImplementation((...request) => {
    reads++
    lastRange = request[1]
    return read(...request)
  })
})
afterEach(() => place.leave())

const ids = { chatId: 'a', ownerId: 'user-ann' }
const stored = (n: number) => ({
  type: 'MessageStored',
  data: { ...ids, messageId: `message-${n}`, role: 'user' },
  personal: { content: `Message ${n}` },
})
const prompt = (n: number) => ({
  type: 'PromptSent',
  data: { ...ids, promptId: `prompt-${n}`, replyId: `reply-${n}`, model: 'offline/echo', settings: {} },
  personal: { text: `Prompt ${n}` },
})

async function append(engine: Engine, expected: number, ...events: { type: string; data: object; personal: object }[]) {
  await engine.store.append({ stream: chatStream('a'), expected, events, meta: command() })
}

const versions = async (replyId: string) => (await all(recent.newestFirst('a', replyId))).map(({ version }) => version)

describe('the newest events of a chat', () => {
  it('that began here are in memory', async () => {
    await append(here, 0, stored(1), stored(2))
    await append(here, 2, prompt(3))
    expect([await versions('reply-3'), reads]).toEqual([[3, 2, 1], 0])
  })

  it('are read once, and then followed', async () => {
    await append(elsewhere, 0, stored(1), prompt(2))
    expect([await versions('reply-2'), reads]).toEqual([[2, 1], 1])
    expect([await versions('reply-2'), reads]).toEqual([[2, 1], 1])
    await append(here, 2, prompt(3))
    expect([await versions('reply-3'), reads]).toEqual([[3, 2, 1], 1])
  })

  it('are read anew when another process has written in between', async () => {
    await append(here, 0, prompt(1))
    await append(elsewhere, 1, stored(2))
    await append(here, 2, prompt(3))
    expect([await versions('reply-3'), reads]).toEqual([[3, 2, 1], 1])
    await append(elsewhere, 3, prompt(4))
    expect([await versions('reply-4'), reads]).toEqual([[4, 3, 2, 1], 2])
  })

  it('are read only as far as somebody goes on, and from there the next time', async () => {
    for (let n = 0; n < 30; n++) await append(elsewhere, n, stored(n + 1))
    await append(elsewhere, 30, prompt(31))
    const some: RecordedChatEvent[] = []
    for await (const event of recent.newestFirst('a', 'reply-31')) if (some.push(event) === 5) break
    expect(some.map(({ version }) => version)).toEqual([31, 30, 29, 28, 27])
    expect(reads).toBe(1)
    expect(await versions('reply-31')).toEqual(Array.from({ length: 31 }, (_, i) => 31 - i))
    expect(reads).toBe(2)
    expect(lastRange).toEqual({ backwards: true, from: 26 })
    await versions('reply-31')
    expect(reads).toBe(2)
  })

  it('are kept by processes that answer prompts, and by no others', async () => {
    recent = new RecentChatEvents(here, { roles: ['api'] })
    await append(here, 0, prompt(1))
    expect([await versions('reply-1'), reads]).toEqual([[1], 1])
  })

  it('are read once for several readers', async () => {
    await append(elsewhere, 0, stored(1), prompt(2))
    const shared = recent.shared('a', 'reply-2')
    for await (const event of shared.fromNewest()) if (event.version === 2) break
    const read = await all(shared.fromNewest())
    await shared.close()
    expect([read.map(({ version }) => version), reads]).toEqual([[2, 1], 1])
    expect([await versions('reply-2'), reads]).toEqual([[2, 1], 1])
  })
})
