import { readFile } from 'node:fs/promises'
import { chance } from '../../support/chance.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { Balancer } from '../../support/realtime/balancer.js'
import { Chatter, tokenOf } from '../../support/realtime/chatter.js'
import { Follower } from '../../support/realtime/follower.js'

let world: World
let api: ServiceProcess
let url: string
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  api = world.spawn()
  url = await api.url()
  ann = await world.account(url)
})
afterAll(() => world?.end())

/** Everybody leaves when a test ends, however it ends. */
const people: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of people.splice(0)) await one.close()
})
async function chatter(): Promise<Chatter> {
  const one = await Chatter.of(ann)
  people.push(one)
  return one
}

const newChat = async (): Promise<string> => (await ann.post('/api/chats', { title: 'A talk' })).body.data.chat.id

let n = 0
async function store(chatId: string, batches: number, each: number, padding = ''): Promise<void> {
  for (let i = 0; i < batches; i++) {
    const messages = Array.from({ length: each }, () => ({ role: 'user', content: `${++n}${padding}` }))
    expect((await ann.post(`/api/${chatId}/messages/batch`, { messages })).status).toBe(201)
  }
}

/** Numbers that begin the messages, which are in order. */
const numbersIn = (messages: readonly { content: string }[]) =>
  messages.map(({ content }) => Number.parseInt(content, 10))
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

const residentMb = async () =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${api.process.pid}/status`, 'utf8'))![1]) / 1024

const wireOf = (chatter: Chatter) =>
  (chatter.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } }).ws

describe('who has missed thousands of messages', () => {
  it('gets them all, once and in order, while more are written and the connection is cut', async () => {
    const [pick, chat, first] = [chance(7), await newChat(), n + 1]
    await store(chat, 10, 500)
    const balancer = await Balancer.before(url)
    const follower = new Follower(balancer.url, tokenOf(ann), [chat])
    people.push(follower, balancer)
    const writing = store(chat, 20, 20)
    for (let cut = 0; cut < 10; cut++) {
      const before = follower.count
      const enough = Math.min(before + 100 + pick(300), 5_400)
      await eventually(
        async () => [follower.connections, follower.count],
        ([connections, count]) => connections === cut + 1 && count! >= enough,
      )
      balancer.cut()
    }
    await writing
    await eventually(
      async () => follower.connections,
      (connections) => connections === 11,
    )
    const messages = await eventually(
      async () => follower.messages.get(chat)!,
      ({ length }) => length === 5_400,
    )
    expect(numbersIn(messages)).toEqual(numbers(first, 5_400))
    expect(follower.faults).toEqual([])
  })

  it('and reads slowly, costs the server little memory, and nobody else any time', async () => {
    const [chat, other, first] = [await newChat(), await newChat(), n + 1]
    const large = 'x'.repeat(40_000)
    await store(chat, 60, 20, large)
    const [slow, quick] = [await chatter(), await chatter()]
    wireOf(slow).pause()
    await quick.ask('join-chat', other)
    const before = await residentMb()
    slow.socket.emit('join-chat', { chatId: chat, after: 0 })
    const began = Date.now()
    for (let sent = 1; Date.now() - began < 3_000; sent++) {
      await store(other, 1, 1)
      await quick.next('message', sent)
    }
    expect((await residentMb()) - before).toBeLessThan(32) // of 48
    wireOf(slow).resume()
    await slow.until(() => slow.all('message').length === 1_200)
    expect(numbersIn(slow.all('message').map(({ message }) => message))).toEqual(numbers(first, 1_200))
  })

  it('hears nothing more of a chat that is deleted meanwhile', async () => {
    const chat = await newChat()
    await store(chat, 6, 500)
    const slow = await chatter()
    await slow.ask('join-chat', { chatId: chat, after: 0 })
    await slow.until(() => slow.all('message').length > 100)
    wireOf(slow).pause()
    await ann.ask('DELETE', `/api/chats/${chat}?erase=true`)
    wireOf(slow).resume()
    expect(await slow.next('chat-gone')).toMatchObject({ chatId: chat })
    const heard = slow.heard.length
    expect(slow.heard.at(-1)!.event).toBe('chat-gone')
    expect(await slow.ask('leave-chat', chat)).toMatchObject({ ok: true })
    expect(slow.heard).toHaveLength(heard)
  })
})
