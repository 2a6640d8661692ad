import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { begun, grant } from '../../support/guests/visitors.js'
import { ops, started } from '../../support/ops/command-line.js'
import { Database } from '../../support/ops/database.js'

const dayMs = 86_400_000

let world: World
let database: Database
let url: string
let visitor: Client
let ann: Client

// No worker: nothing is erased but by what a test does.
beforeAll(async () => {
  world = await World.begin({ SESSION_PROMPTS_PER_MINUTE: '1000' })
  url = await world.start({ ROLES: 'api,projector' }).url()
  database = world.closeAtEnd(await Database.of(world))
  visitor = new Client(url)
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const inDays = (days: number) => new Date(Date.now() + days * dayMs).toISOString()
const run = (days: number) => ops(world, 'retention', 'run', '--at', inDays(days))
const erasedIn = ({ output }: { output: string }, task: string) =>
  Number(new RegExp(`^${task}: (\\d+) erased`, 'm').exec(output)?.[1])

async function chat(): Promise<string> {
  const { body } = await ann.post('/api/chats', { title: 'A chat' })
  return body.data.chat.id
}

async function deletedChat(): Promise<string> {
  const id = await chat()
  expect((await ann.ask('DELETE', `/chat/${id}`)).status).toBe(204)
  return id
}

/** A session in which nothing was asked. */
async function visitedSession(): Promise<{ session: string; guest: string }> {
  const session = await begun(visitor)
  await visitor.post('/feedback', { session_id: session, feedback: 'Good' })
  const [arrived] = (await database.events('GuestArrived')).slice(-1)
  return { session, guest: arrived!.stream }
}

/** A session in which something was said, and the streams that it is kept in. */
async function usedSession(): Promise<{ session: string; guest: string; chat: string }> {
  const session = await begun(visitor)
  await visitor.with({ prefer: 'respond-async' }).post('/chat', { session_id: session, content: 'Hello' })
  await visitor.post('/feedback', { session_id: session, feedback: 'Good' })
  const [said] = (await database.events('PromptSent')).slice(-1)
  const { ownerId, chatId } = said!.data as { ownerId: string; chatId: string }
  return { session, guest: ownerId, chat: `chat-${chatId}` }
}

describe('retention', () => {
  it('erases chats that were deleted half a year ago, and no others', async () => {
    const [kept, deleted] = [await chat(), await deletedChat()]
    expect(await run(182)).toMatchObject({
      code: 0,
      output: expect.stringContaining('deleted chats: 0 erased') as string,
    })
    expect(await database.hasKey(`chat-${deleted}`)).toBe(true)

    expect(await run(184)).toMatchObject({
      code: 0,
      output: expect.stringContaining('deleted chats: 1 erased') as string,
    })
    expect([await database.hasKey(`chat-${deleted}`), await database.hasKey(`chat-${kept}`)]).toEqual([false, true])
    const [erased] = (await database.events('ChatErased')).slice(-1)
    expect(erased).toMatchObject({ data: { chatId: deleted, ownerId: ann.id }, meta: { actor: 'retention' } })
    const runs = await database.events('RetentionRan') // the one that ended nothing is none
    expect(runs).toMatchObject([
      {
        stream: 'retention',
        meta: { actor: 'operator' },
        data: { tasks: expect.arrayContaining([{ task: 'deleted chats', done: 1, left: 0 }]) as unknown },
      },
    ])
    expect((await ann.get(`/api/chats/${kept}`)).status).toBe(200)
  })

  it('erases projects that were deleted half a year ago', async () => {
    const { body } = await ann.post('/api/projects', { name: 'A project' })
    const { id } = body.data.project
    await ann.ask('DELETE', `/api/projects/${id}`)
    expect(await run(184)).toMatchObject({
      code: 0,
      output: expect.stringContaining('deleted projects: 1 erased') as string,
    })
    expect(await database.hasKey(`project-${id}`)).toBe(false)
  })

  it('erases guests who have not been here for half a year, with all that is under them', async () => {
    const { session, guest, chat } = await usedSession()
    await run(182)
    expect((await visitor.get(`/session/${session}`)).status).toBe(200)
    await grant(world, ann.email, 'auditor')
    expect((await ann.get('/feedback')).body.feedback).toMatchObject([{ session: guest, feedback: 'Good' }])

    expect(erasedIn(await run(184), 'sessions of guests')).toBe(1)
    expect([await database.hasKey(guest), await database.hasKey(chat)]).toEqual([false, false])
    expect((await visitor.get(`/session/${session}`)).status).toBe(404)
    expect((await visitor.post('/chat', { session_id: session, content: 'Still there?' })).status).toBe(404)
    const left = async () => {
      const found = await Promise.all(
        ['chats', 'messages', 'open_replies', 'usage'].map((name) =>
          database.collection(name).countDocuments({ $or: [{ userId: guest }, { ownerId: guest }] }),
        ),
      )
      return found.join(' ')
    }
    await eventually(left, (counts) => counts === '0 0 0 0')
    expect((await ann.get('/feedback')).body.feedback).toEqual([])
  })

  it('may run twice, and at once in several processes', async () => {
    const chats = await Promise.all(Array.from({ length: 12 }, deletedChat))
    const guests = [await usedSession(), await usedSession(), await usedSession(), await usedSession()]
    const sum = (ran: { output: string }[], task: string) => ran.reduce((total, one) => total + erasedIn(one, task), 0)

    const process = () => started(world, 'ops', 'retention', 'run', '--at', inDays(400))
    const atOnce = await Promise.all([process(), process(), process()])
    expect(atOnce.map(({ code }) => code)).toEqual([0, 0, 0])
    expect([sum(atOnce, 'deleted chats'), sum(atOnce, 'sessions of guests')]).toEqual([12, 4])
    const again = await run(400)
    expect([erasedIn(again, 'deleted chats'), erasedIn(again, 'sessions of guests')]).toEqual([0, 0])

    const erasedChats = (await database.events('ChatErased')).map(({ data }) => (data as { chatId: string }).chatId)
    expect(chats.map((id) => erasedChats.filter((erased) => erased === id).length)).toEqual(chats.map(() => 1))
    const erasedGuests = (await database.events('GuestErased')).map(({ stream }) => stream)
    expect(guests.map(({ guest }) => erasedGuests.filter((erased) => erased === guest).length)).toEqual([1, 1, 1, 1])
    const streams = [...chats.map((id) => `chat-${id}`), ...guests.flatMap(({ guest, chat }) => [guest, chat])]
    expect(await Promise.all(streams.map((stream) => database.hasKey(stream)))).toEqual(streams.map(() => false))
  })

  it('goes on where a process died between the event and the key', async () => {
    const [id, { guest, chat: guestChat }] = [await deletedChat(), await usedSession()]
    await database.append(`chat-${id}`, { type: 'ChatErased', data: { chatId: id, ownerId: ann.id } })
    await database.append(guest, { type: 'GuestErased', data: { guestId: guest } })
    expect([await database.hasKey(`chat-${id}`), await database.hasKey(guest)]).toEqual([true, true])
    await eventually(
      () => database.collection('erased_streams').countDocuments({ _id: { $in: [`chat-${id}`, guest] } }),
      (count) => count === 2,
    )

    expect(erasedIn(await run(0), 'keys of what was erased')).toBe(2)
    expect([await database.hasKey(`chat-${id}`), await database.hasKey(guest)]).toEqual([false, false])
    expect((await ops(world, 'keys', 'rotate')).output).toContain('already')
    expect(await database.hasKey(guestChat)).toBe(true) // its guest’s key is gone: it opens nothing, and the next rotation drops it
  })

  it('destroys keys that a restore has brought back', async () => {
    const id = await deletedChat()
    const streams = [`chat-${id}`, `user-${ann.id}`]
    const backup = await database
      .collection('keys')
      .find({ _id: { $in: streams } })
      .toArray()
    await run(400)
    expect((await ann.ask('DELETE', '/api/users/profile')).status).toBe(200)
    await eventually(
      () => database.collection('erased_streams').countDocuments({ _id: { $in: streams } }),
      (count) => count === 2,
    )
    for (const stored of backup) await database.collection('keys').replaceOne({ _id: stored._id }, stored)

    expect(erasedIn(await run(0), 'keys of what was erased')).toBe(2)
    expect(await Promise.all(streams.map((stream) => database.hasKey(stream)))).toEqual([false, false])
  })

  it('runs by itself, also after Redis has lost everything', async () => {
    // Nothing was asked: the worker's first answer would make the guest active again, just when retention looks.
    const { guest } = await visitedSession()
    const id = await deletedChat()
    await new Promise((done) => setTimeout(done, 1_800))
    await world.start({ ROLES: 'worker', RETENTION_DAYS: '0.00002' }).url()
    await eventually(
      async () => [await database.hasKey(`chat-${id}`), await database.hasKey(guest)].join(),
      (keys) => keys === 'false,false',
    )

    await eventually(
      () => database.events('RetentionRan'),
      (runs) => runs.some(({ meta }) => meta.actor === 'retention'),
    )

    const another = await deletedChat()
    await new Promise((done) => setTimeout(done, 1_800))
    await database.forgetQueue('retention')
    expect(
      await eventually(
        () => database.hasKey(`chat-${another}`),
        (has) => !has,
      ),
    ).toBe(false)
  })
})
