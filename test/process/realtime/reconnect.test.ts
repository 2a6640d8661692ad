import { setTimeout as pause } from 'node:timers/promises'
import { chance } from '../../support/chance.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { Balancer } from '../../support/realtime/balancer.js'
import { tokenOf } from '../../support/realtime/chatter.js'
import { Follower } from '../../support/realtime/follower.js'

let world: World
let apis: ServiceProcess[]
let balancer: Balancer
let log: ReplyLog
/** Writes at a process that lives on. */
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  const whole = world.spawn()
  apis = [world.spawn({ ROLES: 'api' }), world.spawn({ ROLES: 'api' })]
  log = world.closeAtEnd(await ReplyLog.of(world))
  ann = await world.account(await whole.url())
  balancer = await Balancer.before(...(await Promise.all(apis.map((api) => api.url()))))
})
afterAll(async () => {
  await balancer?.close()
  await world?.end()
})

/** Whatever a test has begun ends with it. */
const endings: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

const newChat = async (): Promise<string> => (await ann.post('/api/chats', { title: 'A talk' })).body.data.chat.id

async function replace(which: number): Promise<void> {
  await world.kill(apis[which]!)
  apis[which] = world.spawn({ ROLES: 'api' })
  balancer.targets[which] = await apis[which].url()
}

/** Writes into the chats, messages, batches and prompts, until it is told to stop. */
function writing(chats: readonly string[], pick: (below: number) => number) {
  let [n, stopped] = [0, false]
  const message = () => ({ role: 'user', content: `message ${++n}` })
  const write = async (chat: string) => {
    while (!stopped) {
      const kind = pick(10)
      if (kind === 0) await ann.with({ prefer: 'respond-async' }).post(`/chat/${chat}/send`, { text: `prompt ${++n}` })
      else if (kind === 1)
        await ann.post(`/api/${chat}/messages/batch`, { messages: Array.from({ length: 1 + pick(30) }, message) })
      else await ann.post(`/api/${chat}/messages`, message())
      await pause(pick(20))
    }
  }
  const all = Promise.all(chats.map(write))
  const stop = async () => {
    stopped = true
    await all
  }
  endings.push(stop)
  return stop
}

function following(chats: readonly string[]): Follower {
  const follower = new Follower(balancer.url, tokenOf(ann), chats)
  endings.push(() => follower.close())
  return follower
}

/** All messages as they are stored, in the order of their events; of prompts and replies those that have come. */
async function stored(chat: string): Promise<string[]> {
  const contents: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await ann.get(`/api/${chat}/messages?limit=200${cursor}`)
    for (const { content, status } of body.data.messages) if (status !== 'pending') contents.push(content)
    if (!body.data.nextCursor) return contents
    cursor = `&cursor=${body.data.nextCursor}`
  }
}

/** Where the log has the messages of a chat. */
async function positions(chat: string): Promise<number[]> {
  const found: number[] = []
  for (const { type, data, append } of await log.events()) {
    if (data.chatId === chat && ['PromptSent', 'ReplyCompleted', 'MessageStored'].includes(type))
      found.push(append._id + append.events.findIndex((event) => event.data === data))
  }
  return found
}

async function expectAll(followers: readonly Follower[], chats: readonly string[]): Promise<void> {
  await log.settled()
  for (const chat of chats) {
    const [inLog, contents] = [await positions(chat), await stored(chat)]
    for (const follower of followers) {
      const messages = await eventually(
        async () => follower.messages.get(chat)!,
        ({ length }) => length >= inLog.length,
      )
      expect(messages.map(({ position }) => position)).toEqual(inLog)
      expect(messages.map(({ content }) => content).sort()).toEqual(contents.sort())
      expect(follower.faults).toEqual([])
    }
  }
}

describe('a client that is cut off and comes back', () => {
  it('50 times, at any byte and at either of two processes, some of them killed: has every message once and in order', async () => {
    const pick = chance(10)
    const chats = [await newChat(), await newChat(), await newChat()]
    const stop = writing(chats, pick)
    const followers = [1, 2].map(() => following(chats))
    await eventually(async () => followers.every(({ connections }) => connections > 0), Boolean)
    for (let cut = 1; cut <= 50; cut++) {
      const before = followers.map(({ connections }) => connections)
      await eventually(
        async () => followers.every(({ socket }, i) => socket.connected || followers[i]!.connections > before[i]!),
        Boolean,
      )
      await pause(pick(80))
      if (cut % 20 === 0) await replace((cut / 20) % 2)
      balancer.cut()
      await eventually(async () => followers.every(({ connections }, i) => connections > before[i]!), Boolean)
    }
    await stop()
    await expectAll(followers, chats)
    expect(Math.min(...followers.map(({ connections }) => connections))).toBeGreaterThan(50)
    expect([...balancer.reached.values()].every((count) => count > 10)).toBe(true)
  })
})
