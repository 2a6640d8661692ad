import { setTimeout as pause } from 'node:timers/promises'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { tokenOf } from '../../support/realtime/chatter.js'
import { Follower } from '../../support/realtime/follower.js'
import { Caller } from '../../support/service/caller.js'
import { LookedAfter } from '../../support/service/looked-after.js'
import type { ServiceProcess } from '../../support/service-process.js'

jest.setTimeout(240_000)

const restarts = 4

let model: FakeOpenAi
let world: World
let log: ReplyLog
let balancer: LookedAfter
let services: ServiceProcess[]
/** Somewhere behind the balancer. */
let me: Client
let follower: Follower
let chats: string[]

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ SHUTDOWN_DELAY_MS: '3000' }))
  model.answerWith(() => Array.from({ length: 20 }, (_, i) => `word-${i} `))
  log = world.closeAtEnd(await ReplyLog.of(world))
  services = [world.spawn(), world.spawn()]
  balancer = await LookedAfter.before(...(await Promise.all(services.map((service) => service.url()))))
  me = (await world.account(await services[0]!.url())).at(balancer.url)
  const begun = await Promise.all([1, 2, 3, 4].map((n) => me.post('/api/chats', { title: `Chat ${n}` })))
  chats = begun.map(({ body }) => body.data.chat.id)
})

afterAll(async () => {
  follower?.close()
  await balancer?.close()
  await world?.end()
})

/** As an orchestrator does it: one is told to end, and when it has, a new one takes its place. */
async function replace(which: number): Promise<void> {
  const leaving = services[which]!
  const url = await leaving.url()
  leaving.process.kill('SIGTERM')
  expect(await leaving.ended).toBe(0)
  balancer.remove(url)
  services[which] = world.spawn()
  const next = await services[which].url()
  balancer.add(next)
  await eventually(async () => balancer.isUsed(next), Boolean)
}

/** One caller for each chat, who asks again as soon as there is an answer. What they were answered, when it is over. */
async function keepAsking(
  ask: (caller: Caller, chat: string, n: number) => Promise<void>,
  isOver: () => boolean,
): Promise<Record<string, number>> {
  const all: Record<string, number> = {}
  const asking = chats.map(async (chat) => {
    const caller = new Caller(me)
    for (let n = 0; !isOver(); n++) {
      await ask(caller, chat, n)
      await pause(10)
    }
    caller.hangUp()
    for (const [answer, count] of Object.entries(caller.answers)) all[answer] = (all[answer] ?? 0) + count
  })
  await Promise.all(asking)
  return all
}

it(`processes are replaced ${restarts} times, one after the other: no request is cut off or refused, no prompt and no message is lost`, async () => {
  follower = new Follower(balancer.url, tokenOf(me), chats)
  let over = false
  const isOver = () => over
  const prompting = keepAsking(
    (caller, chat, n) => caller.ask('POST', `/chat/${chat}/send`, { text: `question ${n}` }),
    isOver,
  )
  const writing = keepAsking(
    (caller, chat, n) => caller.ask('POST', `/api/${chat}/messages`, { role: 'user', content: `note ${n}` }),
    isOver,
  )
  const reading = keepAsking((caller, chat) => caller.ask('GET', `/chat/${chat}/messages`), isOver)
  try {
    for (let i = 0; i < restarts; i++) await replace(i % services.length)
  } finally {
    over = true
  }
  const [prompts, notes, reads] = await Promise.all([prompting, writing, reading])
  // 202: the process left meanwhile. 409: and the chat is still being answered.
  const { 202: later = 0, 409: tooEarly = 0, ...whole } = prompts
  const some = expect.any(Number) as number
  expect({ prompts: whole, notes, reads }).toEqual({
    prompts: { 200: some },
    notes: { 201: some },
    reads: { 200: some },
  })
  expect(Math.min(whole['200']!, notes['201']!, reads['200']!)).toBeGreaterThan(50)
  expect(tooEarly === 0 || later > 0).toBe(true)

  await log.settled()
  const ends = await log.expectOneEndEach(whole['200']! + later)
  expect(ends.map(({ type }) => type)).toEqual(ends.map(() => 'ReplyCompleted'))
  const events = await log.events()
  expect(events.filter(({ type }) => type === 'MessageStored')).toHaveLength(notes['201']!)
  const told = events.filter(({ type }) => ['PromptSent', 'ReplyCompleted', 'MessageStored'].includes(type)).length
  await eventually(
    async () => follower.count,
    (count) => count >= told,
  )
  expect(follower.faults).toEqual([])
  expect(follower.count).toBe(told)
  expect(follower.connections).toBeGreaterThan(1)
})
