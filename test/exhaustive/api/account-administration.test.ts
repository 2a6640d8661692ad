import { admin, apiKeyOf } from '../../support/ops/admins.js'
import { Database } from '../../support/ops/database.js'
import { Client, World } from '../../support/world.js'

let world: World
let url: string
let bob: Client
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  bob = await admin(world, url)
})
beforeEach(async () => {
  ann = await world.account(url)
})
afterAll(() => world?.end())

const logIn = () => new Client(url).post('/api/auth/login', { email: ann.email, password: 'a long secret' })
const statusOf = async (client: Client) => (await client.get('/api/users/profile')).status

describe('admins', () => {
  it('list accounts page by page, without anything that is sealed', async () => {
    const { body: first } = await bob.get('/ops/users?limit=1')
    expect(first.accounts).toEqual([
      {
        id: ann.id,
        role: 'user',
        locked: false,
        createdAt: expect.any(String),
        totalTokensUsed: 0,
        feedbackCount: 0,
      },
    ])
    const { body: second } = await bob.get(`/ops/users?limit=1&cursor=${first.nextCursor}`)
    expect(second.accounts[0].id).not.toBe(ann.id)
  })

  it('find an account by its email address', async () => {
    const { body } = await bob.get(`/ops/users?email=${encodeURIComponent(ann.email.toUpperCase())}`)
    expect(body.accounts.map(({ id }: { id: string }) => id)).toEqual([ann.id])
    expect((await bob.get('/ops/users?email=nobody@example.org')).body).toEqual({ accounts: [] })
    expect((await bob.get(`/ops/users/${ann.id}`)).body.id).toBe(ann.id)
    expect((await bob.get('/ops/users/nobody')).body.code).toBe('not_found')
  })

  it('find accounts by user name and by role, and by all that is asked for', async () => {
    const username = `ann.${ann.id.slice(0, 8)}`
    expect((await ann.ask('PUT', '/api/users/profile', { username })).status).toBe(200)
    const idsOf = async (query: string): Promise<string[]> =>
      (await bob.get(`/ops/users?${query}`)).body.accounts.map(({ id }: { id: string }) => id)
    expect(await idsOf(`username=${username.toUpperCase()}`)).toEqual([ann.id])
    expect(await idsOf(`username=${username}&email=${ann.email}`)).toEqual([ann.id])
    expect(await idsOf(`username=${username}&email=${bob.email}`)).toEqual([])
    expect(await idsOf(`username=${username}&role=admin`)).toEqual([])
    expect(await idsOf('role=admin')).toEqual([bob.id])
  })

  it('lock an account: logins, keys and passwords get nobody in, until it is unlocked', async () => {
    const key = new Client(url, { 'x-api-key': await apiKeyOf(ann) })
    expect((await bob.post(`/ops/users/${ann.id}/lock`)).body).toMatchObject({ id: ann.id, locked: true })
    expect([await statusOf(ann), await statusOf(key)]).toEqual([401, 401])
    expect(await logIn()).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await bob.post(`/ops/users/${ann.id}/lock`)).status).toBe(200) // again changes nothing
    expect((await bob.post(`/ops/users/${ann.id}/unlock`)).body.locked).toBe(false)
    expect([await statusOf(ann), await statusOf(key), (await logIn()).status]).toEqual([200, 200, 200])
    const database = await Database.of(world)
    const events = await database.events('UserLocked', 'UserUnlocked')
    const hers = events.filter(({ stream }) => stream === `user-${ann.id}`)
    expect(hers.map(({ type }) => type)).toEqual(['UserLocked', 'UserUnlocked'])
    await database.close()
  })

  it('end all logins of an account, and neither its keys nor its password', async () => {
    const key = new Client(url, { 'x-api-key': await apiKeyOf(ann) })
    const { data } = (await logIn()).body
    const other = new Client(url, { authorization: `Bearer ${data.token}` })
    expect((await bob.post(`/ops/users/${ann.id}/end-logins`)).status).toBe(200)
    expect([await statusOf(ann), await statusOf(other), await statusOf(key)]).toEqual([401, 401, 200])
    expect((await logIn()).status).toBe(200)
  })

  it('cannot lock themselves out', async () => {
    const refused = await bob.post(`/ops/users/${bob.id}/lock`)
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid', errors: [{ field: 'userId' }] } })
    expect(await statusOf(bob)).toBe(200)
  })

  it('are the only ones who may', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', `/${bob.id}/lock`],
      ['POST', `/${ann.id}/unlock`],
      ['POST', `/${bob.id}/end-logins`],
    ])
      expect((await ann.ask(method!, `/ops/users${path}`)).status).toBe(403)
  })
})
