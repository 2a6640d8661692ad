import { Client, World } from '../../support/world.js'
import { Chatter } from '../../support/realtime/chatter.js'
import { until } from '../../support/until.js'
import { Database } from '../../support/ops/database.js'
import { expectProblem } from '../../support/api/problem.js'

const password = 'a long secret'

let world: World
let database: Database
let url: string
let ann: Client

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  database = world.closeAtEnd(await Database.of(world))
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(url)
})

const withToken = (token: string) => new Client(url, { authorization: `Bearer ${token}` })
const profile = (client: Client) => client.get('/api/users/profile')

describe('an API key', () => {
  const generate = (client = ann, body?: object) => client.post('/api/users/generate-api-key', body)
  const withKey = (key: string) => new Client(url, { 'x-api-key': key })
  const list = async () => (await ann.get('/api/users/api-keys')).body.data.apiKeys

  it('is shown once and lets its owner in', async () => {
    const { status, body } = await generate()
    expect(status).toBe(201)
    const { apiKey, id } = body.data
    expect((await profile(withKey(apiKey))).body.data.user.id).toBe(ann.id)
    expect((await withKey(apiKey).post('/chat/by-key/send', { text: 'Hello' })).status).toBe(200)
    const listed = await list()
    expect(listed).toMatchObject([
      { id, createdAt: expect.any(String), scopes: ['read', 'write', 'account', 'operate'] },
    ])
    expect(JSON.stringify(listed)).not.toContain(apiKey)
  })

  it('may be sent as a bearer token, too', async () => {
    const { apiKey } = (await generate()).body.data
    expect((await profile(withToken(apiKey))).body.data.user.id).toBe(ann.id)
    const refused = await profile(withToken(`${apiKey}x`))
    expectProblem(refused, '/api', { status: 401, code: 'unauthenticated' })
    expect(refused.body.detail).toContain('this API key is not valid')
  })

  it('has a name, under which it is deleted; two of one name are deleted by their ids', async () => {
    for (const name of ['nightly import', 'twin', 'twin']) expect((await generate(ann, { name })).status).toBe(201)
    expect((await list()).map(({ name }: { name: string }) => name)).toEqual(['nightly import', 'twin', 'twin'])
    const stored = await database.collection('api_keys').find({ userId: ann.id }).toArray()
    expect(stored).toHaveLength(3)
    expect(JSON.stringify(stored)).not.toContain('twin')
    for (const { personal } of stored) expect(Buffer.from(personal.buffer).includes('twin')).toBe(false)
    expect((await ann.ask('DELETE', '/api/users/api-keys/nightly%20import')).status).toBe(200)
    expectProblem(await ann.ask('DELETE', '/api/users/api-keys/twin'), '/api', { status: 400, field: 'id' })
    const twins = await list()
    expect(twins).toHaveLength(2)
    expect((await ann.ask('DELETE', `/api/users/api-keys/${twins[0].id}`)).status).toBe(200)
    expect((await ann.ask('DELETE', '/api/users/api-keys/twin')).status).toBe(200)
    expect(await list()).toEqual([])
  })

  it('does what its scopes say, and says which one it lacks', async () => {
    const keyOf = async (...scopes: string[]) => withKey((await generate(ann, { scopes })).body.data.apiKey)
    const [reading, writing] = [await keyOf('read'), await keyOf('write')]
    expect((await profile(reading)).status).toBe(200)
    expect((await writing.post('/chat/scoped/send', { text: 'Hello' })).status).toBe(200)
    expect((await reading.get('/chat/scoped/messages')).status).toBe(200)
    const refused = await reading.post('/chat/scoped/send', { text: 'Hello' })
    expectProblem(refused, '/chat', { status: 403, code: 'missing_scope' })
    expect(refused.body.detail).toContain('the scope write, and yours has read;')
    expectProblem(await profile(writing), '/api', { status: 403, code: 'missing_scope' })
    for (const key of [reading, writing])
      expectProblem(await key.ask('DELETE', '/api/users/profile'), '/api', { status: 403, code: 'missing_scope' })
  })

  it('has the same scopes over a socket', async () => {
    const socketOf = async (...scopes: string[]) =>
      Chatter.of(withKey((await generate(ann, { scopes })).body.data.apiKey))
    const [reading, writing] = await Promise.all([socketOf('read'), socketOf('write')])
    const prompt = { chatId: 'over-sockets', content: 'Hello' }
    expect(await reading.ask('chat-message', prompt)).toMatchObject({ ok: false, code: 'missing_scope' })
    expect(await writing.ask('join-chat', 'over-sockets')).toMatchObject({ ok: false, code: 'missing_scope' })
    expect(await writing.ask('chat-message', prompt)).toMatchObject({ ok: true })
    expect(await reading.ask('join-chat', 'over-sockets')).toMatchObject({ ok: true })
    for (const one of [reading, writing]) one.close()
  })

  it('has no more of a role than its scopes allow', async () => {
    await database.grant(ann.id, 'admin')
    const bob = await world.account(url)
    const may = withKey((await generate()).body.data.apiKey)
    const mayNot = withKey((await generate(ann, { scopes: ['read', 'write'] })).body.data.apiKey)
    for (const path of ['/ops/projections', `/user/${bob.id}/list-chats`, '/analytics/usage?scope=all'])
      expect([path, (await may.get(path)).status]).toEqual([path, 200])
    for (const path of ['/ops/projections', '/ops/queues/api/queues'])
      expectProblem(await mayNot.get(path), '/ops', { status: 403, code: 'missing_scope' })
    expect((await mayNot.get(`/user/${bob.id}/list-chats`)).status).toBe(404)
    expect((await mayNot.get('/analytics/usage?scope=all')).status).toBe(403)
  })

  it('makes no other, unless it may; and then none that may more, or lives longer', async () => {
    const usual = withKey((await generate()).body.data.apiKey)
    expectProblem(await generate(usual), '/api', { status: 403, code: 'missing_scope' })
    const { id } = (await list())[0]
    expectProblem(await usual.ask('DELETE', `/api/users/api-keys/${id}`), '/api', {
      status: 403,
      code: 'missing_scope',
    })
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const maker = withKey((await generate(ann, { scopes: ['keys', 'read'], expiresAt })).body.data.apiKey)
    expect((await generate(maker)).status).toBe(201)
    expect((await list()).at(-1)).toMatchObject({ scopes: ['read'], expiresAt })
    expectProblem(await generate(maker, { scopes: ['write'] }), '/api', { status: 400, field: 'scopes' })
    const later = new Date(Date.now() + 7_200_000).toISOString()
    expectProblem(await generate(maker, { expiresAt: later }), '/api', { status: 400, field: 'expiresAt' })
  })

  it('that expires is not valid any more', async () => {
    const past = new Date(Date.now() - 1000).toISOString()
    expectProblem(await generate(ann, { expiresAt: past }), '/api', { status: 400, field: 'expiresAt' })
    const made = () => generate(ann, { expiresAt: '2099-01-01T00:00:00Z' })
    const [living, expired] = [(await made()).body.data, (await made()).body.data]
    await database.collection('api_keys').updateOne({ keyId: expired.id }, { $set: { expires: new Date(past) } })
    for (let i = 0; i < 2; i++) {
      // from the database, and from the cache
      expect((await profile(withKey(living.apiKey))).status).toBe(200)
      expectProblem(await profile(withKey(expired.apiKey)), '/api', { status: 401, code: 'unauthenticated' })
    }
  })

  it('tells when it was used, and stores that once for many uses', async () => {
    const { apiKey } = (await generate()).body.data
    expect((await list())[0]).not.toHaveProperty('lastUsedAt')
    await profile(withKey(apiKey))
    const used = await until(
      'the use is stored',
      async () => (await list())[0].lastUsedAt as string | undefined,
      world.services[0]!,
    )
    await profile(withKey(apiKey))
    await profile(withKey(apiKey))
    expect((await list())[0].lastUsedAt).toBe(used)
  })

  it('from before scopes goes on to do everything', async () => {
    const { apiKey, id } = (await generate()).body.data
    const old = { scopes: 1, expires: 1, personal: 1 }
    await database.collection('api_keys').updateOne({ keyId: id }, { $unset: old })
    expect((await generate(withKey(apiKey))).status).toBe(201)
    expect((await list())[0]).toMatchObject({ id, scopes: ['read', 'write', 'account', 'keys', 'operate'] })
  })

  it('stops working at once when it is deleted; the others go on', async () => {
    const [first, second] = [(await generate()).body.data, (await generate()).body.data]
    expect((await profile(withKey(first.apiKey))).status).toBe(200)
    expect((await ann.ask('DELETE', `/api/users/api-keys/${first.id}`)).status).toBe(200)
    expectProblem(await profile(withKey(first.apiKey)), '/api', { status: 401, code: 'unauthenticated' })
    expect((await profile(withKey(second.apiKey))).status).toBe(200)
    expect(await list()).toMatchObject([{ id: second.id }])
    expectProblem(await ann.ask('DELETE', `/api/users/api-keys/${first.id}`), '/api', { status: 404 })
  })

  it('can be deleted by its owner alone', async () => {
    const { id, apiKey } = (await generate()).body.data
    const bob = await world.account(url)
    expectProblem(await bob.ask('DELETE', `/api/users/api-keys/${id}`), '/api', { status: 404 })
    expect((await profile(withKey(apiKey))).status).toBe(200)
  })

  it('survives a new password, and can set one', async () => {
    const key = withKey((await generate()).body.data.apiKey)
    expect(
      (await key.post('/api/users/password', { currentPassword: password, newPassword: 'an even longer secret' }))
        .status,
    ).toBe(200)
    expect([(await profile(key)).status, (await profile(ann)).status]).toEqual([200, 401])
  })

  it('ends with a new password, if that is wished: the one that set it, too', async () => {
    const [one, other] = [withKey((await generate()).body.data.apiKey), withKey((await generate()).body.data.apiKey)]
    const body = { currentPassword: password, newPassword: 'an even longer secret', endApiKeys: true }
    const changed = await one.post('/api/users/password', body)
    expect(changed.status).toBe(200)
    for (const key of [one, other]) expectProblem(await profile(key), '/api', { status: 401, code: 'unauthenticated' })
    const again = withToken(changed.body.data.token)
    expect((await again.get('/api/users/api-keys')).body.data.apiKeys).toEqual([])
    const events = await database.events('ApiKeyIssued', 'ApiKeyRevoked')
    const ofAnn = events.filter(({ data }) => (data as { userId: string }).userId === ann.id)
    expect(ofAnn.map(({ type }) => type)).toEqual(['ApiKeyIssued', 'ApiKeyIssued', 'ApiKeyRevoked', 'ApiKeyRevoked'])
  })
})
