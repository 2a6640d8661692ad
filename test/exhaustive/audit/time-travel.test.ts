import { expectProblem } from '../../support/api/problem.js'
import { type Answered, type Client, World } from '../../support/world.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Auditor } from '../../support/audit/auditor.js'

let model: FakeOpenAi
let world: World
let ann: Client
let auditor: Auditor

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  const url = await world.start().url()
  ann = await world.account(url)
  auditor = world.closeAtEnd(await Auditor.of(world, url))
})
afterAll(() => world?.end())

const head = async () => (await auditor.log()).length
const chatAt = (chatId: string, at: number | string) => auditor.read(`/audit/chats/${chatId}?at=${at}`)

/** Does something and answers its body. */
async function done(asked: Promise<Answered>): Promise<Answered['body']> {
  const { status, body } = await asked
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** Times in the log have no more than milliseconds. */
async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() <= now;) await new Promise(setImmediate)
}

/** What the owner saw, and where the log was then. */
interface Seen {
  position: number
  time: string
  chat: Answered['body']
  messages: Answered['body'][]
}

const without = (thing: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(thing).filter(([name]) => !names.includes(name)))

/** The parts that the owner’s answers have as well. */
const comparable = ({ chat, messages }: Answered['body']) => ({
  title: chat.title,
  tags: chat.tags,
  metadata: chat.metadata,
  messageCount: chat.messageCount,
  createdAt: chat.createdAt,
  updatedAt: chat.updatedAt,
  messages: messages.map((message: Answered['body']) => without(message, 'position', 'edits', 'size')),
})

describe('a chat as it was', () => {
  const chatId = crypto.randomUUID()
  const seen: Seen[] = []
  let began: number

  const see = async () => {
    const { chat } = (await done(ann.get(`/api/chats/${chatId}`))).data
    const { messages } = (await done(ann.get(`/api/chats/${chatId}/messages?limit=200`))).data
    const log = await auditor.log()
    // Events have the database's time: this is after the newest one, and before the next.
    const time = new Date(log.at(-1)!.at.getTime() + 1).toISOString()
    seen.push({ position: log.length, time, chat, messages })
    await nextMillisecond()
    await nextMillisecond()
  }

  beforeAll(async () => {
    began = (await head()) + 1
    const steps: (() => Promise<Answered>)[] = [
      () => ann.post(`/chat/${chatId}/send`, { text: 'What is an event store?' }),
      () => ann.ask('PATCH', `/chat/${chatId}/edit`, { name: 'Event stores' }),
      () =>
        ann.post(`/api/chats/${chatId}/messages`, {
          role: 'tool',
          content: 'found it',
          name: 'lookUp',
          metadata: { source: 'a book' },
        }),
      () => ann.ask('PUT', `/api/chats/${chatId}`, { tags: ['work', 'log'], metadata: { mood: 'curious' } }),
      () =>
        ann.post(`/api/chats/${chatId}/messages/batch`, {
          messages: [
            { role: 'user', content: 'one' },
            { role: 'assistant', content: 'two', tokens: 5 },
            { role: 'system', content: 'three' },
          ],
        }),
      async () => ann.ask('PUT', `/api/chats/${chatId}/messages/${await idOf('one')}`, { content: 'ONE', tokens: 9 }),
      async () => ann.post(`/message/${await idOf('two')}/feedback`, { type: 'negative' }),
      async () => ann.ask('DELETE', `/api/chats/${chatId}/messages/${await idOf('three')}`),
      async () => ann.ask('DELETE', `/message/${await idOf('two')}/feedback`),
      () => {
        model.failNext({ fault: 'status', at: 401 })
        return ann
          .post(`/chat/${chatId}/send`, { text: 'And a projection?', settings: { temperature: 0.2, maxTokens: 50 } })
          .then(async (answered) => ({ ...answered, status: 200 }))
      },
      async () => ann.ask('PUT', `/api/chats/${chatId}/messages/${await idOf('ONE')}`, { content: 'one again' }),
      async () => ann.ask('DELETE', `/api/chats/${chatId}/messages/${await idOf('two')}`),
    ]
    for (const step of steps) {
      await done(step())
      await see()
    }
    await done(ann.ask('DELETE', `/chat/${chatId}`))
  })

  const idOf = async (content: string): Promise<string> =>
    seen.at(-1)!.messages.find((message) => message.content === content).id

  it('is, at every moment of its life, what its owner was shown then', async () => {
    expect(seen).toHaveLength(12)
    const ofChat = (await auditor.log()).filter(({ stream }) => stream === `chat-${chatId}`)
    for (const { position, time, chat, messages } of seen) {
      const { messages: _, ...then } = chat
      for (const at of [position, time]) {
        const found = await chatAt(chatId, at)
        expect(found.position).toBe(ofChat.findLast((event) => event.position <= position)!.position)
        expect(comparable(found)).toEqual(comparable({ chat: then, messages }))
        expect(found).toMatchObject({ erased: false, chat: { id: chatId, user: ann.id, status: 'active' } })
      }
    }
  })

  it('has been something at every position since it began, and nothing before', async () => {
    expectProblem(await auditor.get(`/audit/chats/${chatId}?at=${began - 1}`), '/audit', {
      status: 404,
      code: 'not_found',
    })
    const counts: number[] = []
    for (let position = began; position <= seen.at(-1)!.position; position++)
      counts.push((await chatAt(chatId, position)).messages.length)
    expect(counts[0]).toBe(0) // it has begun, and its first prompt comes next
    expect(new Set(counts)).toEqual(new Set([0, 2, 3, 4, 5, 6, 7]))
  })

  it('shows what was edited and deleted as it was before', async () => {
    const contents = async (i: number) =>
      (await chatAt(chatId, seen[i]!.position)).messages.map(({ content }: Answered['body']) => content)
    expect((await contents(4)).slice(3)).toEqual(['one', 'two', 'three'])
    expect((await contents(5)).slice(3)).toEqual(['ONE', 'two', 'three'])
    expect((await contents(7)).slice(3)).toEqual(['ONE', 'two'])
    expect((await contents(11))[3]).toBe('one again')
  })

  it('tells why a reply had failed', async () => {
    const { messages } = await chatAt(chatId, seen[9]!.position)
    expect(messages.at(-1)).toMatchObject({
      status: 'failed',
      error: { code: 'provider_unauthorized', detail: expect.stringMatching(/\w/) },
    })
  })

  it('tells the settings of its newest prompt', async () => {
    expect((await chatAt(chatId, seen[0]!.position)).chat.settings).toEqual({ model: 'openai/gpt-4o-mini' })
    expect((await chatAt(chatId, seen[9]!.position)).chat.settings).toEqual({
      model: 'openai/gpt-4o-mini',
      temperature: 0.2,
      maxTokens: 50,
    })
  })

  it('is still there for auditors when its owner has deleted it', async () => {
    expect((await ann.get(`/chat/${chatId}/messages`)).status).toBe(404)
    const now = await auditor.read(`/audit/chats/${chatId}`)
    const {
      chat: { messages: _, ...last },
      messages,
    } = seen.at(-1)!
    expect(now).toMatchObject({ erased: false, chat: { status: 'deleted' } })
    expect(comparable(now)).toEqual(comparable({ chat: last, messages }))
  })

  it('comes in pages of one moment, whatever happens meanwhile', async () => {
    const other = crypto.randomUUID()
    await done(ann.post(`/chat/${other}/send`, { text: 'Hello' }))
    await done(
      ann.post(`/api/chats/${other}/messages/batch`, {
        messages: Array.from({ length: 7 }, (_, i) => ({ role: 'user', content: `number ${i}` })),
      }),
    )
    const whole = await auditor.read(`/audit/chats/${other}`)
    const first = await auditor.read(`/audit/chats/${other}?limit=4`)
    await done(ann.post(`/api/chats/${other}/messages`, { role: 'user', content: 'later' }))
    const second = await auditor.read(`/audit/chats/${other}?limit=4&cursor=${first.nextCursor}`)
    const third = await auditor.read(`/audit/chats/${other}?limit=4&cursor=${second.nextCursor}`)
    expect([...first.messages, ...second.messages, ...third.messages]).toEqual(whole.messages)
    expect([second.position, third.position]).toEqual([first.position, first.position])
    expect(third.nextCursor).toBeUndefined()
  })
})

describe('an erased chat', () => {
  it('keeps its structure, its times and its sizes, and says that its words are gone', async () => {
    const chatId = crypto.randomUUID()
    const words = 'a canary in a coal mine'
    await done(ann.post(`/chat/${chatId}/send`, { text: words }))
    await done(ann.ask('PUT', `/api/chats/${chatId}`, { title: words, tags: [words], metadata: { words } }))
    const before = await auditor.read(`/audit/chats/${chatId}`)
    await done(ann.ask('DELETE', `/chat/${chatId}?erase=true`))
    for (const at of [before.position, await head()]) {
      const after = await chatAt(chatId, at)
      expect(JSON.stringify(after)).not.toContain('canary')
      expect(after.erased).toBe(true)
      expect([after.chat.title, after.chat.tags, after.chat.metadata]).toEqual([undefined, undefined, undefined])
      expect(after.chat).toMatchObject({
        id: chatId,
        user: ann.id,
        status: at === before.position ? 'active' : 'erased',
        createdAt: before.chat.createdAt,
        messageCount: 2,
      })
      const left = before.messages.map((message: Answered['body']) => without(message, 'content'))
      expect(after.messages).toEqual(left)
      expect(after.messages.every(({ size }: { size: number }) => size > 60)).toBe(true)
    }
  })

  it('is erased with the account it belonged to', async () => {
    const bob = await world.account(ann.url)
    const chatId = crypto.randomUUID()
    await done(bob.post(`/chat/${chatId}/send`, { text: 'a canary' }))
    await done(bob.ask('DELETE', '/api/users/profile'))
    const left = await auditor.read(`/audit/chats/${chatId}`)
    expect(left).toMatchObject({ erased: true, chat: { status: 'active', user: bob.id } })
    expect(left.messages).toHaveLength(2)
    expect(JSON.stringify(left)).not.toContain('canary')
  })
})

describe('a moment that is none', () => {
  const chatId = crypto.randomUUID()
  beforeAll(async () => void (await done(ann.post(`/chat/${chatId}/send`, { text: 'Hello' }))))

  it.each([
    '',
    'x',
    '0',
    '-1',
    '1.5',
    '1e3',
    '2024-13-01',
    'yesterday',
    '2999-01-01T00:00:00Z',
    '9'.repeat(16),
    '%00',
    '1'.repeat(41),
  ])('is refused: %s', async (at) => {
    expectProblem(await auditor.get(`/audit/chats/${chatId}?at=${at}`), '/audit', { status: 400, field: 'at' })
  })

  it('is refused beyond the head', async () => {
    expectProblem(await auditor.get(`/audit/chats/${chatId}?at=${(await head()) + 1}`), '/audit', {
      status: 400,
      code: 'position_beyond_head',
      field: 'at',
    })
  })

  it('is before everything: then there was no chat', async () => {
    expectProblem(await auditor.get(`/audit/chats/${chatId}?at=1999-01-01`), '/audit', { status: 404 })
  })
})
