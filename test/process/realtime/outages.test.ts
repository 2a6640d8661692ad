import { setTimeout as pause } from 'node:timers/promises'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { Proxy } from '../../fault/proxy.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Balancer } from '../../support/realtime/balancer.js'
import { Chatter, tokenOf } from '../../support/realtime/chatter.js'
import { Follower } from '../../support/realtime/follower.js'

let world: World
let model: FakeOpenAi
let ann: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  ann = await world.account(await world.spawn().url())
})
afterAll(() => world?.end())

const newChat = async (): Promise<string> => (await ann.post('/api/chats', { title: 'A talk' })).body.data.chat.id
const say = (chatId: string, content: string, by = ann) => by.post(`/api/${chatId}/messages`, { role: 'user', content })

describe('a process that is stopped', () => {
  it('closes its sockets, and their clients go on elsewhere', async () => {
    const [first, second] = [world.spawn({ ROLES: 'api' }), world.spawn({ ROLES: 'api' })]
    const balancer = await Balancer.before(await first.url())
    const chatId = await newChat()
    const followers = [1, 2, 3].map(() => new Follower(balancer.url, tokenOf(ann), [chatId]))
    await say(chatId, 'one')
    const all = async (count: number) => {
      while (followers.some((follower) => follower.count < count))
        await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await all(1)
    const elsewhere = [await second.url()]
    first.process.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    balancer.targets = elsewhere
    await say(chatId, 'two')
    await all(2)
    for (const follower of followers) {
      expect(follower).toMatchObject({ faults: [], connections: 2 })
      follower.close()
    }
    await balancer.close()
    await world.kill(second)
  })
})

describe('without Redis', () => {
  it('messages still come, and replies whole; with it again they come as they are written', async () => {
    const proxy = await Proxy.before(Number(new URL(world.environment.REDIS_URL!).port), 'redis')
    const alone = world.spawn({ ROLES: 'api', REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    const here = ann.at(await alone.url())
    const chatter = await Chatter.of(here)
    const chatId = await newChat()
    await chatter.ask('join-chat', chatId)
    proxy.cut()
    await say(chatId, 'one', here)
    await say(chatId, 'two')
    await chatter.next('message', 2)
    model.answerWith('Three four five.')
    model.failNext({ fault: 'slow', at: 30 })
    const { replyId } = await chatter.ask('chat-message', { chatId, content: 'Go on' })
    await chatter.next('reply-done')
    expect(chatter.all('reply-delta')).toMatchObject([{ replyId, offset: 0, text: 'Three four five.' }])
    expect(chatter.all('message').map(({ message }) => message.content)).toEqual([
      'one',
      'two',
      'Go on',
      'Three four five.',
    ])
    proxy.mend()
    for (let n = 2; chatter.all('reply-delta').length < n + 1; n++) {
      if (n > 40) throw new Error('no deltas came')
      model.failNext({ fault: 'slow', at: 100 })
      await chatter.ask('chat-message', { chatId, content: 'Go on' })
      await chatter.next('reply-done', n)
    }
    chatter.close()
    await world.kill(alone)
    await proxy.close()
  })
})

describe('without its database for a while', () => {
  it('a process keeps its sockets, and nothing is missing when it is back', async () => {
    const proxy = await Proxy.before(Number(new URL(world.mongodbUri).port), 'mongodb')
    const alone = world.spawn({ ROLES: 'api', MONGODB_URI: proxy.addressOf(world.mongodbUri) })
    const chatter = await Chatter.of(ann.at(await alone.url()))
    const chatId = await newChat()
    await chatter.ask('join-chat', chatId)
    await say(chatId, '0')
    await chatter.next('message')
    proxy.cut()
    for (let i = 1; i <= 150; i++) await say(chatId, String(i))
    const meanwhile = chatter.ask('chat-message', { chatId, content: 'Anybody?' })
    const bob = new Follower(await alone.url(), tokenOf(await world.account(ann.url)), ['my-talk'])
    await pause(6_000)
    expect(bob).toMatchObject({ faults: [], connections: 0 })
    proxy.mend()
    await eventually(
      async () => bob.connections,
      (count) => count === 1,
    )
    bob.close()
    await chatter.next('message', 151)
    expect(
      chatter
        .all('message')
        .slice(0, 151)
        .map(({ message }) => message.content),
    ).toEqual(Array.from({ length: 151 }, (_, i) => String(i)))
    expect((await meanwhile).code ?? 'ok').toMatch(/^(ok|unavailable|outcome_unknown)$/)
    expect(chatter.all('disconnect')).toEqual([])
    chatter.close()
    await world.kill(alone)
    await proxy.close()
  })
})
