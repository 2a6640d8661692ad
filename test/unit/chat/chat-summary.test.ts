import type { Engine } from '../../../src/event-store/engine.js'
import type { Envelope } from '../../../src/event-store/event.js'
import { sealPersonal } from '../../../src/event-store/sealing/envelope.js'
import { chatEvents } from '../../../src/chat/chat.js'
import type { ChatDoc } from '../../../src/chat/read-models/chats.js'
import { summaryOf } from '../../../src/chat/read-models/chat-summary.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine

beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
})
afterEach(() => place?.leave())

let versions = 0

async function sealed<Personal>(chatId: string, type: string, personal: Personal): Promise<Envelope<Personal>> {
  const stream = `chat-${chatId}`
  const key = await engine.vault.keyForFirstAppend(stream)
  return sealPersonal(key, { stream, version: ++versions, type, shape: 1 }, personal).personal
}

const chat = (fields: Partial<ChatDoc>): ChatDoc => ({
  _id: 'chat',
  userId: 'ann',
  createdAt: new Date(0),
  lastActive: new Date(0),
  messageCount: 0,
  ...fields,
})

const titled = async (title: string, _id = 'chat') => chat({ _id, name: await sealed(_id, 'ChatRenamed', { title }) })

describe('the summary of a chat', () => {
  it('has what is sealed, and its counts as they are now', async () => {
    const doc = chat({
      name: await sealed('chat', 'ChatRenamed', { title: 'Trees' }),
      tags: await sealed('chat', 'ChatTagged', { tags: ['green'] }),
      metadata: await sealed('chat', 'ChatAnnotated', { metadata: { height: 3 } }),
    })
    const texts = { name: 'Trees', tags: ['green'], metadata: { height: 3 } }
    expect(await summaryOf(engine, doc)).toMatchObject({ ...texts, messageCount: 0 })
    expect(await summaryOf(engine, { ...doc, messageCount: 2 })).toMatchObject({ ...texts, messageCount: 2 })
  })

  it('has the newest title, however often it was read with the last one', async () => {
    const first = await titled('First')
    for (let i = 0; i < 2; i++) expect((await summaryOf(engine, first)).name).toBe('First')
    const second = await titled('Later')
    for (let i = 0; i < 2; i++) expect((await summaryOf(engine, second)).name).toBe('Later')
  })

  it('tells titles of different chats apart, and one that was added or taken away', async () => {
    const doc = await titled('One')
    expect((await summaryOf(engine, doc)).name).toBe('One')
    expect((await summaryOf(engine, await titled('Two', 'other'))).name).toBe('Two')
    expect((await summaryOf(engine, chat({}))).name).toBe('')
    expect(
      await summaryOf(engine, { ...doc, tags: await sealed('chat', 'ChatTagged', { tags: ['a'] }) }),
    ).toMatchObject({ name: 'One', tags: ['a'] })
  })

  it('has a title that is too long to be kept, too', async () => {
    const doc = await titled('x'.repeat(3_000))
    for (let i = 0; i < 2; i++) expect((await summaryOf(engine, doc)).name).toHaveLength(3_000)
  })

  it('opens nothing after an erasure, not even from memory', async () => {
    const doc = await titled('Secret')
    await summaryOf(engine, doc)
    await engine.vault.destroy('chat-chat', new Date())
    await expect(summaryOf(engine, doc)).rejects.toMatchObject({ code: 'erased' })
  })
})
