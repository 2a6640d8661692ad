import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { MessagePages } from '../../../src/chat/read-models/message-pages.js'
import { chats } from '../../../src/chat/read-models/chats.js'
import { messages } from '../../../src/chat/read-models/messages.js'
import type { OpenedMessage } from '../../../src/chat/read-models/opened-message.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { Page } from '../../../src/http/pages.js'
import { userEvents } from '../../../src/identity/user.js'
import { chat, started, stored } from '../../support/chat/chat-events.js'
import { command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let pages: MessagePages
let reads: number
let expected: number
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents, userEvents], projections: [messages, chats] })
  pages = new MessagePages(engine)
  ;[reads, expected] = [0, 0]
})
afterEach(() => place?.leave())

async function append(on = engine): Promise<void> {
  const event = expected === 0 ? started : { ...stored, data: { ...stored.data, messageId: `m${expected}` } }
  await on.store.append({ stream: chatStream('c1'), expected, events: [event], meta: command() })
  expected++
}
async function get({ limit = 10, cursor = undefined as string | undefined, order = 'oldest first', of = chat } = {}) {
  return await pages.get(of, { limit, cursor }, order, async () => {
    reads++
    return { items: [{ content: `read ${reads}` }], nextCursor: undefined } as unknown as Page<OpenedMessage>
  })
}

describe('a page of messages', () => {
  beforeEach(async () => {
    engine.start({ projector: true })
    await append()
    await engine.projections.waitUntilCurrent() // on a busy machine that takes longer than anybody waits for a page
    await engine.projections.waitUntilReached(await engine.store.head())
  })

  it('is read once, as long as nothing is appended to its chat', async () => {
    const first = await get()
    expect([await get(), reads]).toEqual([first, 1])
    await append()
    await engine.projections.waitUntilReached(await engine.store.head())
    expect(await get()).not.toEqual(first)
    expect(reads).toBe(2)
  })

  it('is read anew when another process has appended', async () => {
    await get()
    await append(await place.engine({ events: [chatEvents, userEvents] }))
    await get()
    expect(reads).toBe(2)
  })

  it.each([{ limit: 5 }, { cursor: 'later' }, { order: 'newest first' }, { of: { ...chat, ownerId: 'bob' } }])(
    'is another one for %j',
    async (other) => {
      await get()
      await get(other)
      await get(other)
      expect(reads).toBe(2)
    },
  )

  it('is given to nobody from memory once its chat is erased', async () => {
    await get()
    await engine.vault.destroy(chatStream('c1'), new Date())
    await get()
    expect(reads).toBe(2)
  })

  it('is not kept where nothing is', async () => {
    const of = { chatId: 'c2', ownerId: 'ann' }
    await get({ of })
    await get({ of })
    expect(reads).toBe(2)
  })
})

describe('a page of a read model that may be behind', () => {
  it('is not kept', async () => {
    await append()
    await get()
    await get()
    expect(reads).toBe(2)
  })

  it.each([messages.name, chats.name])('is not kept when it is that of %s only', async (behind) => {
    await append()
    jest.spyOn(engine.projections, 'hasReached').mockImplementation((_, name) => name !== behind)
    await get()
    await get()
    expect(reads).toBe(2)
  })
})
