import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { chance } from '../../support/chance.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { type Client, World } from '../../support/world.js'
import { Chatter } from '../../support/realtime/chatter.js'

let world: World
/** Two processes: what ends at one ends at the other. */
let here: string
let there: string
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  ;[here, there] = await Promise.all([world.start().url(), world.start({ ROLES: 'api', JWT_EXPIRES_IN: '3s' }).url()])
})
beforeEach(async () => {
  ann = await world.account(here)
})
afterAll(() => world?.end())

const password = 'a long secret'
const newChat = async (by: Client): Promise<string> =>
  (await by.post('/api/chats', { title: 'A talk' })).body.data.chat.id
const say = (by: Client, chatId: string, content: string) =>
  by.post(`/api/${chatId}/messages`, { role: 'user', content })

async function newKey(): Promise<{ id: string; client: Client }> {
  const { id, apiKey } = (await ann.post('/api/users/generate-api-key')).body.data
  return { id, client: ann.with({ authorization: '', 'x-api-key': apiKey }) }
}

async function anotherLogin(): Promise<Client> {
  const { token } = (await ann.post('/api/auth/login', { email: ann.email, password })).body.data
  return ann.with({ authorization: `Bearer ${token}` })
}

describe('a handshake', () => {
  it.each([
    ['without a token', undefined],
    ['with an empty one', ''],
    ['with something else', { bearer: 'x' }],
    ['with a number', 42],
    ['with garbage', 'garbage'],
    ['with what looks like a token', 'a.b.c'],
    ['with a very long one', 'x.'.repeat(100_000)],
  ])('%s is refused with a code and a detail', async (_, token) => {
    const error = await Chatter.connect(here, token).catch((refused: unknown) => refused)
    expect(error).toMatchObject({
      message: expect.any(String),
      data: { code: 'unauthenticated', detail: expect.any(String) },
    })
  })

  it('takes a token and an API key', async () => {
    const { client } = await newKey()
    for (const one of [ann, client]) {
      const chatter = await Chatter.of(one)
      expect(await chatter.ask('join-chat', 'my-talk')).toMatchObject({ ok: true })
      chatter.close()
    }
  })

  it('of a login that has ended is refused', async () => {
    await ann.post('/api/auth/logout')
    await expect(Chatter.of(ann)).rejects.toMatchObject({ data: { code: 'unauthenticated' } })
  })
})

describe('the right to a socket', () => {
  it.each([
    ['logs out', async () => ({ ended: ann, left: await anotherLogin(), by: () => ann.post('/api/auth/logout') })],
    [
      'changes the password elsewhere',
      async () => {
        const left = await anotherLogin()
        return {
          ended: ann,
          left,
          by: () => left.post('/api/users/password', { currentPassword: password, newPassword: 'another secret' }),
        }
      },
    ],
    [
      'deletes the key',
      async () => {
        const { id, client } = await newKey()
        return { ended: client, left: ann, by: () => ann.ask('DELETE', `/api/users/api-keys/${id}`) }
      },
    ],
    [
      'erases the account',
      async () => ({ ended: ann, left: undefined, by: () => ann.ask('DELETE', '/api/users/profile') }),
    ],
  ])('ends when its owner %s, at once and at every process', async (_, scene) => {
    const { ended, left, by } = await scene()
    const chatId = await newChat(ann)
    const sockets = await Promise.all([Chatter.of(ended), Chatter.of(ended.at(there))])
    const others = left ? await Promise.all([Chatter.of(left), Chatter.of(left.at(there))]) : []
    for (const one of [...sockets, ...others]) await one.ask('join-chat', chatId)
    expect((await by()).status).toBeLessThan(300)
    const began = Date.now()
    if (left) await say(left, chatId, 'a secret')
    for (const one of sockets) {
      await one.next('disconnect')
      expect(one.heard).toEqual([
        { event: 'disconnect-reason', data: { code: 'unauthenticated', detail: expect.any(String) } },
        { event: 'disconnect', data: 'io server disconnect' },
      ])
    }
    expect(Date.now() - began).toBeLessThan(3_000)
    for (const one of others) {
      expect(await one.next('message')).toMatchObject({ message: { content: 'a secret' } })
      expect(one.all('disconnect')).toEqual([])
      one.close()
    }
  })

  it('ends in the log: what comes after a logout there is not sent, however soon', async () => {
    const log = await ReplyLog.of(world)
    for (let round = 0; round < 5; round++) {
      const [other, leaving] = [await anotherLogin(), await anotherLogin()]
      const chatId = await newChat(other)
      const sockets = await Promise.all([Chatter.of(leaving), Chatter.of(leaving.at(there))])
      for (const one of sockets) await one.ask('join-chat', chatId)
      const logout = leaving.post('/api/auth/logout')
      for (let i = 0; i < 4; i++) await Promise.all([0, 1, 2, 3, 4].map(() => say(other, chatId, 'Hi')))
      await logout
      for (const one of sockets) await one.next('disconnect')
      const { append } = (await log.events()).findLast(({ type }) => type === 'LoggedOut')!
      const heard = sockets.flatMap((one) => one.all('message').map(({ position }) => position as number))
      expect(heard.filter((position) => position > append._id)).toEqual([])
    }
    await log.close()
  })

  it('ends when the token runs out', async () => {
    const { token } = (await ann.at(there).post('/api/auth/login', { email: ann.email, password })).body.data
    const chatter = await Chatter.connect(there, token)
    expect(await chatter.next('disconnect-reason')).toMatchObject({ code: 'unauthenticated' })
  })

  it('is looked at with each event, and every few seconds, should the log not tell', async () => {
    const [asking, listening] = [await newKey(), await newKey()]
    const client = await MongoClient.connect(world.mongodbUri)
    const sockets = await Promise.all([Chatter.of(asking.client), Chatter.of(listening.client)] as const)
    await client.db().collection('api_keys').deleteMany({ userId: ann.id })
    await pause(5_000) // what is kept of them in Redis runs out
    expect(await sockets[0].ask('join-chat', 'my-talk')).toMatchObject({ ok: false, code: 'unauthenticated' })
    for (const one of sockets) await one.next('disconnect')
    await client.close()
  })
})

describe('people at one process', () => {
  it('hear all of their own chats and nothing of anybody else’s, whatever they ask for', async () => {
    const pick = chance(11)
    const people = await Promise.all(Array.from({ length: 4 }, () => world.account(here)))
    const chats = await Promise.all(people.map(async (one) => [await newChat(one), await newChat(one)]))
    const sockets = await Promise.all(people.map((one) => Promise.all([Chatter.of(one), Chatter.of(one.at(there))])))
    const said = people.map(() => 0)
    for (let i = 0; i < 150; i++) {
      const [who, whose] = [pick(4), pick(4)]
      const socket = sockets[who]![pick(2)]!
      const chatId = chats[whose]![pick(2)]!
      const { ok } = await socket.ask('join-chat', pick(2) === 0 ? chatId : { chatId, after: 0 })
      expect(ok).toBe(who === whose)
      if (pick(5) === 0) await socket.ask('leave-chat', chatId)
      if ((await say(people[who]!, chats[who]![pick(2)]!, `of ${who}`)).status === 201) said[who]!++
    }
    for (const [who, own] of sockets.entries()) {
      for (const socket of own) {
        for (const chatId of chats[who]!) await socket.ask('leave-chat', chatId)
        const before = socket.heard.length
        for (const chatId of chats[who]!) await socket.ask('join-chat', { chatId, after: 0 })
        await socket.until(() => socket.heard.length === before + said[who]!)
        expect(new Set(socket.all('message').map(({ message }) => message.content))).toEqual(new Set([`of ${who}`]))
        socket.close()
      }
    }
  })
})
