import { Auditor } from '../../support/audit/auditor.js'
import { type Client, World } from '../../support/world.js'

let world: World
let ann: Client
let auditor: Auditor

beforeAll(async () => {
  world = await World.begin()
  const url = await world.start().url()
  ann = await world.account(url)
  auditor = world.closeAtEnd(await Auditor.of(world, url))
})
afterAll(() => world?.end())

const idsOf = async (query: string): Promise<string[]> =>
  (await auditor.read(`/audit/accounts?${query}`)).accounts.map(({ id }: { id: string }) => id)

/** The searches that were recorded, with the accounts that each found. */
async function searches(): Promise<unknown[]> {
  const events = (await auditor.log()).filter(({ type }) => type === 'AccountsSearched')
  return await Promise.all(
    events.map(async ({ data, personal }) => ({
      ...(data as object),
      ...((await auditor.database.words(personal as never)) as object),
    })),
  )
}

describe('auditors', () => {
  it('find people by email address, user name and id, and each search says who was found', async () => {
    const username = `ann.${ann.id.slice(0, 8)}`
    await ann.ask('PUT', '/api/users/profile', { username })
    const before = (await searches()).length
    expect(await idsOf(`email=${ann.email.toUpperCase()}`)).toEqual([ann.id])
    expect(await idsOf(`username=${username}&open=true`)).toEqual([ann.id])
    expect(await idsOf('email=nobody@example.org')).toEqual([])
    expect((await auditor.read(`/audit/accounts/${ann.id}`)).id).toBe(ann.id)
    expect(await idsOf('role=auditor')).toEqual([auditor.id])
    expect((await searches()).slice(before)).toMatchObject([
      { by: ['email'], opened: false, accounts: [ann.id] },
      { by: ['username'], opened: true, accounts: [ann.id] },
      { by: ['email'], opened: false, accounts: [] },
      { by: ['id'], opened: false, accounts: [ann.id] },
      { by: ['role'], opened: false, accounts: [auditor.id] },
    ])
  })

  it('see names only when they ask for them, and none of an erased account', async () => {
    const cat = await world.account(ann.url)
    expect(await auditor.read(`/audit/accounts/${cat.id}`)).not.toHaveProperty('email')
    expect(await auditor.read(`/audit/accounts/${cat.id}?open=true`)).toMatchObject({
      email: cat.email,
      name: 'A Person',
    })
    expect((await cat.ask('DELETE', '/api/users/profile')).status).toBe(200)
    expect((await auditor.get(`/audit/accounts/${cat.id}?open=true`)).body.code).toBe('not_found')
    expect(await idsOf(`email=${cat.email}`)).toEqual([])
  })

  it('page through all accounts, and each page says which ones it showed', async () => {
    const before = (await searches()).length
    const pages = await auditor.pages('/audit/accounts?limit=1&open=true')
    const listed = pages.map(({ accounts }) => accounts[0].id)
    expect(listed).toEqual(expect.arrayContaining([ann.id, auditor.id]))
    expect((await searches()).slice(before)).toMatchObject(listed.map((id) => ({ by: [], accounts: [id] })))
  })

  it('see the chats of somebody, and those that were deleted', async () => {
    const kept = (await ann.post('/api/chats', { title: 'Kept' })).body.data.chat.id
    const deleted = (await ann.post('/api/chats', { title: 'Deleted' })).body.data.chat.id
    await ann.ask('DELETE', `/api/chats/${deleted}`)
    const [sealed, opened] = [
      await auditor.read(`/audit/accounts/${ann.id}/chats`),
      await auditor.read(`/audit/accounts/${ann.id}/chats?open=true`),
    ]
    expect(sealed.chats).toEqual([expect.not.objectContaining({ title: expect.anything() as unknown })])
    expect(opened.chats).toMatchObject([{ id: kept, status: 'active', title: 'Kept', messageCount: 0 }])
    expect((await auditor.read(`/audit/accounts/${ann.id}/chats?status=deleted`)).chats).toEqual([
      { id: deleted, status: 'deleted', deletedAt: expect.any(String) as string },
    ])
    expect((await auditor.evidence()).slice(-3).map(({ data }) => data)).toMatchObject([
      { what: 'chats', of: ann.id, opened: false },
      { what: 'chats', of: ann.id, opened: true },
      { what: 'chats', of: ann.id, opened: false },
    ])
    expect((await auditor.get('/audit/accounts/nobody/chats')).body.code).toBe('not_found')
  })

  it('are the only ones who may', async () => {
    for (const path of ['', `/${ann.id}`, `/${ann.id}/chats`])
      expect((await ann.get(`/audit/accounts${path}`)).status).toBe(403)
  })
})
