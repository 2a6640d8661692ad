import { randomUUID } from 'node:crypto'
import { type Client, World } from '../../support/world.js'

let world: World
let ann: Client
let bob: Client

beforeAll(async () => {
  world = await World.begin()
  const url = await world.start().url()
  ;[ann, bob] = [await world.account(url), await world.account(url)]
})
afterAll(() => world?.end())

const settings = { model: 'offline/echo', temperature: 0.7, maxTokens: 1000 }

async function created(body: object = { name: 'Support desk' }, who = ann): Promise<string> {
  const answer = await who.post('/api/projects', body)
  expect(answer).toMatchObject({ status: 201, body: { success: true } })
  return answer.body.data.project.id
}

async function details(id: string, who = ann) {
  const { body } = await who.get(`/api/projects/${id}`)
  return body.data.project
}

describe('a project', () => {
  it('is created with the settings that the project family gives it', async () => {
    const { status, body, headers } = await ann.post('/api/projects', { name: 'Support desk' })
    const project = {
      id: expect.any(String),
      name: 'Support desk',
      description: '',
      owner: ann.id,
      settings,
      prompts: [],
      files: [],
      promptCount: 0,
      fileCount: 0,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    }
    expect(status).toBe(201)
    expect(body).toEqual({ success: true, message: 'Project created', data: { project } })
    expect(Number(headers.get('log-position'))).toBeGreaterThan(0)
    expect(await ann.get(`/api/projects/${body.data.project.id}`)).toMatchObject({
      status: 200,
      body: { success: true, data: { project: body.data.project } },
    })
  })

  it('is created once for one Idempotency-Key', async () => {
    const again = ann.with({ 'idempotency-key': 'create-1' })
    const one = await created({ name: 'Once' }, again)
    expect(await created({ name: 'Once' }, again)).toBe(one)
    expect(await again.post('/api/projects', { name: 'Twice' })).toMatchObject({
      status: 422,
      body: { code: 'command_reused' },
    })
  })

  it('takes its model by a bare name, too', async () => {
    const id = await created({ name: 'P', description: 'D', settings: { model: 'echo', temperature: 0, maxTokens: 5 } })
    expect(await details(id)).toMatchObject({
      description: 'D',
      settings: { model: 'offline/echo', temperature: 0, maxTokens: 5 },
    })
  })

  it('changes what is sent, and nothing else', async () => {
    const id = await created({ name: 'Before', description: 'D' })
    const changed = await ann.ask('PUT', `/api/projects/${id}`, { name: 'After', settings: { temperature: 1.5 } })
    expect(changed).toMatchObject({ status: 200, body: { success: true, message: 'Project updated' } })
    expect(changed.body.data.project).toMatchObject({
      name: 'After',
      description: 'D',
      settings: { ...settings, temperature: 1.5 },
    })
    expect(changed.body.data.project.updatedAt > changed.body.data.project.createdAt).toBe(true)
    expect(await details(id)).toEqual(changed.body.data.project)
  })

  it('is gone when it was deleted, and every repeat says so', async () => {
    const id = await created()
    expect(await ann.ask('DELETE', `/api/projects/${id}`)).toMatchObject({
      status: 200,
      body: { success: true, message: 'Project deleted' },
    })
    expect(await ann.get(`/api/projects/${id}`)).toMatchObject({
      status: 404,
      body: { success: false, message: 'Project not found', code: 'not_found' },
    })
    expect(await ann.ask('DELETE', `/api/projects/${id}`)).toMatchObject({ status: 404 })
  })

  it('is erased at once on request, deleted before or not, as often as one likes', async () => {
    const id = await created()
    await ann.ask('DELETE', `/api/projects/${id}`)
    for (let time = 0; time < 2; time++) {
      expect(await ann.ask('DELETE', `/api/projects/${id}?erase=true`)).toMatchObject({
        status: 200,
        body: {
          message: expect.stringMatching(/^Project erased\. .* replaces the master key the next time\.$/) as string,
        },
      })
    }
  })
})

describe('a list of projects', () => {
  it('has one’s own, newest first, page by page', async () => {
    const eve = await world.account(ann.url)
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift(await created({ name: `P${i}` }, eve))
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 3; page++) {
      const { body } = await eve.get(`/api/projects?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...body.data.projects.map(({ id }: { id: string }) => id))
      cursor = body.data.nextCursor ?? ''
      expect(cursor === '').toBe(page === 2)
    }
    expect(seen).toEqual(ids)
  })

  it('refuses a cursor that is none', async () => {
    expect(await ann.get('/api/projects?cursor=x')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'cursor' }] },
    })
  })
})

describe('a prompt', () => {
  it('is added, listed in order, read by itself, removed', async () => {
    const id = await created()
    const path = `/api/projects/${id}/prompts`
    const one = await ann.post(path, { role: 'system', content: 'You are a friendly assistant.' })
    expect(one).toMatchObject({ status: 201, body: { success: true, message: 'Prompt added' } })
    const { prompt } = one.body.data
    expect(prompt).toEqual({
      id: expect.any(String),
      role: 'system',
      content: 'You are a friendly assistant.',
      createdAt: expect.any(String),
    })
    await ann.post(path, { role: 'user', content: 'Hello' })
    const { body } = await ann.post(path, { content: 'Always answer in verse.' })
    expect(body.data.prompt.role).toBe('system')

    const all = (await ann.get(path)).body.data
    expect(all.prompts.map(({ content }: { content: string }) => content)).toEqual([
      'You are a friendly assistant.',
      'Hello',
      'Always answer in verse.',
    ])
    expect(all.nextCursor).toBeUndefined()
    const first = (await ann.get(`${path}?limit=2`)).body.data
    expect((await ann.get(`${path}?limit=2&cursor=${first.nextCursor}`)).body.data.prompts).toEqual(
      all.prompts.slice(2),
    )
    expect(await ann.get(`${path}/${prompt.id}`)).toMatchObject({ status: 200, body: { data: { prompt } } })
    expect(await details(id)).toMatchObject({ prompts: all.prompts, promptCount: 3 })

    expect(await ann.ask('DELETE', `${path}/${prompt.id}`)).toMatchObject({ status: 200, body: { success: true } })
    for (const method of ['GET', 'DELETE'])
      expect(await ann.ask(method, `${path}/${prompt.id}`)).toMatchObject({ status: 404 })
    expect(await details(id)).toMatchObject({ prompts: all.prompts.slice(1), promptCount: 2 })
  })
})

describe('somebody else', () => {
  it.each([
    ['GET', '', undefined],
    ['PUT', '', { name: 'Mine' }],
    ['DELETE', '', undefined],
    ['DELETE', '?erase=true', undefined],
    ['GET', '/prompts', undefined],
    ['POST', '/prompts', { content: 'x' }],
    ['GET', '/prompts/PROMPT', undefined],
    ['DELETE', '/prompts/PROMPT', undefined],
    ['GET', '/files', undefined],
    ['GET', '/files/f', undefined],
    ['DELETE', '/files/f', undefined],
  ])('finds nothing with %s %s', async (method, path, body) => {
    const id = await created()
    const { prompt } = (await ann.post(`/api/projects/${id}/prompts`, { content: 'x' })).body.data
    expect(await bob.ask(method, `/api/projects/${id}${path.replace('PROMPT', prompt.id)}`, body)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    expect(await details(id)).toMatchObject({ name: 'Support desk', prompts: [{ id: prompt.id }] })
  })

  it('does not reach a prompt through a project of their own', async () => {
    const { prompt } = (await ann.post(`/api/projects/${await created()}/prompts`, { content: 'x' })).body.data
    const own = await created({ name: 'Bob’s' }, bob)
    for (const method of ['GET', 'DELETE'])
      expect(await bob.ask(method, `/api/projects/${own}/prompts/${prompt.id}`)).toMatchObject({ status: 404 })
  })

  it('needs an account', async () => {
    const response = await fetch(`${ann.url}/api/projects`)
    expect(response.status).toBe(401)
  })
})

describe('a refusal names the field', () => {
  it.each<[string, object, string]>([
    ['no name', {}, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a long name', { name: 'x'.repeat(201) }, 'name'],
    ['a long description', { name: 'x', description: 'x'.repeat(10_001) }, 'description'],
    ['too warm', { name: 'x', settings: { temperature: 2.1 } }, 'settings.temperature'],
    ['too cold', { name: 'x', settings: { temperature: -0.1 } }, 'settings.temperature'],
    ['no tokens', { name: 'x', settings: { maxTokens: 0 } }, 'settings.maxTokens'],
    ['half a token', { name: 'x', settings: { maxTokens: 1.5 } }, 'settings.maxTokens'],
  ])('%s', async (_, body, field) => {
    expect(await ann.post('/api/projects', body)).toMatchObject({
      status: 400,
      body: { success: false, code: 'invalid', errors: [{ field }] },
    })
  })

  it.each<[string, object, string]>([
    ['no content', {}, 'content'],
    ['an empty prompt', { content: '' }, 'content'],
    ['a role that is none', { role: 'tool', content: 'x' }, 'role'],
  ])('%s', async (_, body, field) => {
    expect(await ann.post(`/api/projects/${await created()}/prompts`, body)).toMatchObject({
      status: 400,
      body: { errors: [{ field }] },
    })
  })

  it('a model that is none, when it is created and when it changes', async () => {
    const unknown = { settings: { model: 'nobody-has-this' } }
    expect(await ann.post('/api/projects', { name: 'x', ...unknown })).toMatchObject({
      status: 400,
      body: { code: 'unknown_model' },
    })
    expect(await ann.ask('PUT', `/api/projects/${await created()}`, unknown)).toMatchObject({
      status: 400,
      body: { code: 'unknown_model' },
    })
  })

  it('a project that is none', async () => {
    expect(await ann.get(`/api/projects/${randomUUID()}`)).toMatchObject({
      status: 404,
      body: { message: 'Project not found' },
    })
    expect(await ann.get('/api/projects/a%20b')).toMatchObject({ status: 400, body: { errors: [{ field: 'id' }] } })
  })

  it('prompts that are too much together', async () => {
    const id = await created()
    const long = { content: 'x'.repeat(100_000) }
    for (let i = 0; i < 4; i++)
      expect(await ann.post(`/api/projects/${id}/prompts`, long)).toMatchObject({ status: 201 })
    expect(await ann.post(`/api/projects/${id}/prompts`, { content: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'invalid' },
    })
  })
})
