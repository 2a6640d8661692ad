import { Auditor } from '../../support/audit/auditor.js'
import { type Answered, type Client, World } from '../../support/world.js'

let world: World
let ann: Client
let auditor: Auditor
let chatId: string
let messageId: string

beforeAll(async () => {
  world = await World.begin()
  const url = await world.start().url()
  ann = await world.account(url)
  auditor = world.closeAtEnd(await Auditor.of(world, url))
  chatId = (await ann.post('/api/chats', { title: 'A chat' })).body.data.chat.id
  const stored = await ann.post(`/api/chats/${chatId}/messages`, { role: 'user', content: 'first' })
  messageId = stored.body.data.message.id
  for (const content of ['second', 'third'])
    await ann.ask('PUT', `/api/chats/${chatId}/messages/${messageId}`, { content })
})
afterAll(() => world?.end())

const itemsOf = async (path: string): Promise<Answered['body'][]> =>
  (await auditor.pages(path)).flatMap(({ reads, changes }) => reads ?? changes)

describe('an edited message', () => {
  it('is marked in the chat, as of each moment', async () => {
    const editsAt = async (at: string) =>
      (await auditor.read(`/audit/chats/${chatId}${at}`)).messages.map(({ edits }: { edits: number }) => edits)
    const first = (await auditor.log()).find(({ type }) => type === 'MessageEdited')
    expect([await editsAt(''), await editsAt(`?at=${first!.position}`)]).toEqual([[2], [1]])
    expect(await editsAt(`?at=${first!.position - 1}`)).toEqual([0])
  })

  it('shows every version, and the read is recorded', async () => {
    const path = `/audit/chats/${chatId}/messages/${messageId}/versions`
    const { versions } = await auditor.read(path)
    expect(versions).toMatchObject(
      ['first', 'second', 'third'].map((content, i) => ({ version: i + 1, by: ann.id, content: { content } })),
    )
    expect((await auditor.evidence()).at(-1)!.data).toMatchObject({ what: 'message', of: messageId, opened: true })
    expect((await auditor.get(path.replace(messageId, chatId))).body.code).toBe('not_found')
    expect((await ann.get(path)).status).toBe(403)
  })

  it('is in the list of edits, with its owner’s name when that is asked for', async () => {
    const edit = { what: 'message', of: messageId, chatId, by: { id: ann.id }, owner: { id: ann.id } }
    expect(await itemsOf('/audit/edits')).toEqual([expect.objectContaining(edit), expect.objectContaining(edit)])
    expect(await itemsOf(`/audit/edits?user=${ann.id}&open=true&limit=1`)).toMatchObject([
      { by: { email: ann.email }, owner: { name: 'A Person' } },
      { by: { email: ann.email } },
    ])
    expect(await itemsOf(`/audit/edits?user=${auditor.id}`)).toEqual([])
  })
})

describe('the list of reads', () => {
  it('says who read a chat, however the read named it', async () => {
    for (const path of [`chats/${chatId}`, `streams/chat-${chatId}`, `events?stream=chat-${chatId}`, 'event-types'])
      await auditor.read(`/audit/${path}`)
    const reads = await itemsOf(`/audit/reads?of=${chatId}&open=true`)
    expect(reads.slice(-3)).toMatchObject(
      ['chat', 'stream', 'events'].map((what) => ({ what, by: { id: auditor.id, email: auditor.client.email } })),
    )
    expect(reads.some(({ what }) => what === 'event-types' || what === 'accounts')).toBe(false)
    expect(await itemsOf(`/audit/reads?actor=${ann.id}`)).toEqual([])
  })

  it('says who looked for whom, to those who open it', async () => {
    await auditor.read(`/audit/accounts?email=${ann.email}`)
    const found = { what: 'accounts', searchedBy: ['email'], accounts: [{ id: ann.id, email: ann.email }] }
    expect((await itemsOf(`/audit/reads?of=${ann.id}&open=true`)).at(-1)).toMatchObject(found)
    const sealed = (await itemsOf('/audit/reads')).filter(({ what }) => what === 'accounts')
    expect([sealed.length, sealed.some(({ accounts }) => accounts)]).toEqual([1, false])
    expect((await itemsOf(`/audit/reads?of=${auditor.id}&open=true`)).some(({ what }) => what === 'accounts')).toBe(
      false,
    )
  })

  it('has the list itself, too', async () => {
    await auditor.read('/audit/erasures')
    expect((await itemsOf('/audit/reads')).at(-1)).toMatchObject({ what: 'erasures', by: { id: auditor.id } })
  })
})

describe('the list of erasures', () => {
  it('says what was erased by whom, and names only those who are there', async () => {
    const cat = await world.account(ann.url)
    const { id } = (await ann.post('/api/chats', { title: 'Gone' })).body.data.chat
    await ann.ask('DELETE', `/api/chats/${id}?erase=true`)
    await cat.ask('DELETE', '/api/users/profile')
    const erased = await itemsOf('/audit/erasures?open=true')
    expect(erased).toMatchObject([
      { what: 'chat', of: id, by: { email: ann.email }, owner: { email: ann.email } },
      { what: 'account', of: cat.id, by: { id: cat.id } },
    ])
    expect(erased[1].by).toEqual({ id: cat.id })
  })

  it('leaves of the versions of an erased message only that they were', async () => {
    await ann.ask('DELETE', `/api/chats/${chatId}?erase=true`)
    const { versions } = await auditor.read(`/audit/chats/${chatId}/messages/${messageId}/versions`)
    expect(versions.map(({ unreadable, content }: Answered['body']) => [unreadable, content])).toEqual(
      Array.from({ length: 3 }, () => ['erased', undefined]),
    )
  })
})
