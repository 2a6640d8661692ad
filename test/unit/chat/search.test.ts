import { MongoClient } from 'mongodb'
import { chatEvents } from '../../../src/chat/chat.js'
import { type ChatDoc, chatModel, chats } from '../../../src/chat/read-models/chats.js'
import { SearchChats, SearchChatsHandler } from '../../../src/chat/read-models/search-chats.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { PageQuery } from '../../../src/http/pages.js'
import { userEvents } from '../../../src/identity/user.js'
import { modelsIn } from '../../support/chat/models.js'
import { command, Place } from '../../support/event-store/engines.js'
import { command as mongoCommand, Proxy } from '../../fault/proxy.js'

/** More than fit into one reply of the database, so that a search goes on while the next are on their way. */
const count = 700

let place: Place
let proxy: Proxy
let client: MongoClient
let engine: Engine
let handler: SearchChatsHandler

beforeAll(async () => {
  place = await Place.find()
  const options = { events: [userEvents, chatEvents], projections: [chats] }
  const writing = await place.engine(options)
  await start(writing, 'ann', count)
  await start(writing, 'bob', 3)
  writing.start({ projector: true })
  await writing.projections.waitUntilCurrent()
  while (!(await writing.projections.waitUntilReached(await writing.store.head(), [chats.name], 5_000)));
  engine = await place.engine(options) // which has no key in memory
  proxy = await Proxy.before(Number(new URL(process.env.VERBATIM_TEST_MONGODB_URI!).port), 'mongodb')
  client = await MongoClient.connect(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`)
  const model = modelsIn({ client, db: place.db }).model<ChatDoc>(chatModel.name, chatModel.schema)
  handler = new SearchChatsHandler(engine, model)
})
afterAll(async () => {
  await client?.close()
  await proxy?.close()
  await place?.leave()
})

async function start(on: Engine, owner: string, chatsOf: number): Promise<void> {
  const append = (stream: string, event: { type: string; data: object; personal: object }, of?: string) =>
    on.store.append({ stream, expected: 0, events: [event], meta: command(owner), owner: of })
  await append(`user-${owner}`, {
    type: 'UserRegistered',
    data: { userId: owner, role: 'user' },
    personal: { email: `${owner}@example.org` },
  })
  for (let i = 0; i < chatsOf; i += 100) {
    const some = Array.from({ length: Math.min(100, chatsOf - i) }, (_, n) => i + n)
    await Promise.all(
      some.map((n) =>
        append(
          `chat-${owner}-${n}`,
          {
            type: 'ChatStarted',
            data: { chatId: `${owner}-${n}`, ownerId: owner },
            personal: { title: `Letter ${n} to Rome` },
          },
          `user-${owner}`,
        ),
      ),
    )
  }
}

async function found(owner: string, text: string, limit = 50): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const { items, nextCursor } = await handler.execute(
      new SearchChats(owner, text, [], Object.assign(new PageQuery(), { limit, cursor })),
    )
    pages.push(items.map(({ id }) => id))
    cursor = nextCursor
  }
  return pages
}

const withSevens = Array.from({ length: count }, (_, n) => n)
  .filter((n) => `Letter ${n} to`.includes(' 7'))
  .map((n) => `ann-${n}`)

describe('a search among many chats', () => {
  it('finds each that fits once, page by page', async () => {
    const pages = await found('ann', 'LETTER 7', 4)
    expect(pages.slice(0, -1).map(({ length }) => length)).toEqual(pages.slice(0, -1).map(() => 4))
    expect(pages.flat().sort()).toEqual(withSevens.sort())
  })

  it('finds all of them, the newest first, and nobody else’s', async () => {
    const stored = await place.db
      .collection<ChatDoc>('chats')
      .find({ userId: 'ann' })
      .sort({ createdAt: -1, _id: -1 })
      .toArray()
    expect((await found('ann', 'rome', 100)).flat()).toEqual(stored.map(({ _id }) => _id))
    expect((await found('bob', 'rome')).flat().sort()).toEqual(['bob-0', 'bob-1', 'bob-2'])
  })

  it.each([1, 2])(
    'goes on where it was when a rebuild takes the name of what it reads, before its reply %d',
    async (reply) => {
      const expected = (await found('ann', 'letter')).flat()
      let asked = 0
      const struck = proxy.arm({
        at: (message) => mongoCommand('getMore')(message) && ++asked === reply,
        moment: 'before',
        strike: async () => {
          await engine.projections.rebuild([chats.name])
          return 'go on'
        },
      })
      expect((await found('ann', 'letter', count + 1)).flat()).toEqual(expected)
      await struck
    },
  )

  it('says so when an owner is erased, and shows nothing', async () => {
    await engine.vault.destroy('user-bob', new Date())
    await expect(found('bob', 'rome')).rejects.toMatchObject({ code: 'erased' })
  })
})
