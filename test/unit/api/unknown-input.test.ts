import { type Client, World } from '../../support/world.js'

let world: World
let ann: Client
let url: string

beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
  ann = await world.account(url)
})
afterAll(() => world?.end())

const errorsOf = ({ status, body }: Awaited<ReturnType<Client['get']>>) => ({ status, errors: body.errors })

describe('a field that an operation does not know', () => {
  it('is refused by its name, with the nearest known one', async () => {
    const asked = { text: 'Hello', settings: { temprature: 0.1, maxTokens: 10 } }
    expect(errorsOf(await ann.post(`/chat/${crypto.randomUUID()}/send`, asked))).toEqual({
      status: 400,
      errors: [{ field: 'settings.temprature', message: 'is not known here; did you mean temperature?' }],
    })
    expect(errorsOf(await ann.get('/api/chats?Limit=3'))).toEqual({
      status: 400,
      errors: [{ field: 'Limit', message: 'is not known here; did you mean limit?' }],
    })
  })

  it('that is like no known one is refused with all that are known', async () => {
    const { errors } = errorsOf(await ann.post('/api/chats', { title: 'A chat', folder: 'work' }))
    expect(errors).toEqual([
      { field: 'folder', message: expect.stringMatching(/leave it out, or use one of .*title/) as string },
    ])
  })

  it('is refused where an operation takes no query or no body', async () => {
    expect(errorsOf(await ann.get('/api/users/profile?fields=name'))).toEqual({
      status: 400,
      errors: [{ field: 'fields', message: 'is not known here; leave it out' }],
    })
    expect(errorsOf(await ann.post('/api/users/logout', { everywhere: true }))).toEqual({
      status: 400,
      errors: [{ field: 'everywhere', message: 'is not known here; leave it out' }],
    })
    expect((await ann.get('/api/users/profile')).status).toBe(200)
  })

  it('does not keep a probe from health', async () => {
    expect((await ann.get('/health?cachebuster=1')).status).toBe(200)
  })
})
