import { type Client, World } from '../../support/world.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'

/** Chatbot Platform: every endpoint as its document names it, with bodies of its models, against a model behind OpenAI's API. */
let world: World
let model: FakeOpenAi
let here: Client
let stranger: Client

beforeAll(async () => {
  model = await FakeOpenAi.start({ models: ['gpt-3.5-turbo'] })
  world = await World.begin({ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'x', FRONTEND_URL: 'http://localhost:3000' })
  const url = await world.start().url()
  here = await world.account(url)
  stranger = await world.account(url)
})

afterAll(async () => {
  await world.end()
  await model.close()
})

async function project(body: object = { name: 'My bot', description: 'Answers questions' }): Promise<string> {
  const { status, body: made } = await here.post('/api/projects', body)
  expect(status).toBe(201)
  return made.data.project.id
}

async function upload(who: Client, projectId: string, name: string, type: string, content: string): Promise<Response> {
  const form = new FormData()
  form.append('file', new Blob([content], { type }), name)
  return await fetch(`${who.url}/api/projects/${projectId}/files`, { method: 'POST', headers: who.headers, body: form })
}

describe('authentication', () => {
  const person = { email: 'Platform@Example.org', password: 'a long secret', name: 'P. Latform' }

  it('registers, refuses a taken address, logs in', async () => {
    expect(await here.post('/api/auth/register', person)).toMatchObject({
      status: 201,
      body: {
        success: true,
        message: 'User registered successfully',
        data: { user: { name: 'P. Latform' }, token: expect.any(String) as string },
      },
    })
    const again = await here.post('/api/auth/register', { ...person, email: 'platform@example.org' })
    expect(again).toMatchObject({
      status: 400,
      body: { success: false, message: 'User already exists with this email' },
    })
    expect(await here.post('/api/auth/login', person)).toMatchObject({
      status: 200,
      body: { success: true, message: 'Login successful' },
    })
    const wrong = await here.post('/api/auth/login', { ...person, password: 'not this one' })
    expect(wrong).toMatchObject({ status: 401, body: { success: false, message: 'Invalid email or password' } })
  })
})

describe('users', () => {
  it('see and change their profile', async () => {
    expect((await here.ask('PUT', '/api/users/profile', { name: 'Somebody Else' })).body.data.user.name).toBe(
      'Somebody Else',
    )
    expect((await here.get('/api/users/profile')).body.data.user).toMatchObject({
      id: here.id,
      name: 'Somebody Else',
      email: here.email,
    })
  })
})

describe('projects', () => {
  it('have the document’s defaults', async () => {
    const { body } = await here.post('/api/projects', { name: 'Defaults' })
    expect(body).toMatchObject({
      success: true,
      data: {
        project: {
          name: 'Defaults',
          description: '',
          owner: here.id,
          prompts: [],
          files: [],
          settings: { temperature: 0.7, maxTokens: 1000, model: expect.stringMatching(/gpt-3\.5-turbo$/) as string },
        },
      },
    })
  })

  it('are listed, shown, changed and deleted', async () => {
    const id = await project()
    expect((await here.get('/api/projects')).body.data.projects).toContainEqual(
      expect.objectContaining({ id, name: 'My bot' }),
    )
    expect((await here.get(`/api/projects/${id}`)).body.data.project).toMatchObject({
      id,
      description: 'Answers questions',
    })
    const { body } = await here.ask('PUT', `/api/projects/${id}`, { name: 'Our bot', settings: { temperature: 2 } })
    expect(body.data.project).toMatchObject({
      name: 'Our bot',
      description: 'Answers questions',
      settings: { temperature: 2, maxTokens: 1000 },
    })
    expect(await here.ask('DELETE', `/api/projects/${id}`)).toMatchObject({ status: 200, body: { success: true } })
    expect((await here.get(`/api/projects/${id}`)).status).toBe(404)
  })

  it.each([
    [{ description: 'nameless' }, 'name'],
    [{ name: 'x', settings: { temperature: 2.1 } }, 'settings.temperature'],
    [{ name: 'x', settings: { maxTokens: 0 } }, 'settings.maxTokens'],
  ])('refuse %j and name the field', async (body, field) => {
    expect(await here.post('/api/projects', body)).toMatchObject({
      status: 400,
      body: { success: false, errors: [{ field }] },
    })
  })

  it('refuse a model that nobody has', async () => {
    expect(await here.post('/api/projects', { name: 'x', settings: { model: 'no-such-model' } })).toMatchObject({
      status: 400,
      body: { code: 'unknown_model' },
    })
  })

  it('take prompts of three roles', async () => {
    const id = await project()
    for (const role of ['system', 'user', 'assistant']) {
      expect(await here.post(`/api/projects/${id}/prompts`, { role, content: `${role} says` })).toMatchObject({
        status: 201,
      })
    }
    const { body } = await here.get(`/api/projects/${id}`)
    expect(
      body.data.project.prompts.map(({ role, content }: { role: string; content: string }) => [role, content]),
    ).toEqual([
      ['system', 'system says'],
      ['user', 'user says'],
      ['assistant', 'assistant says'],
    ])
  })

  it('take files, and give them back', async () => {
    const id = await project()
    const uploaded = await upload(here, id, 'notes.txt', 'text/plain', 'what the file says')
    expect(uploaded.status).toBe(201)
    const { files } = (await here.get(`/api/projects/${id}`)).body.data.project
    expect(files).toMatchObject([
      { filename: 'notes.txt', fileId: expect.any(String) as string, uploadedAt: expect.any(String) as string },
    ])
    const bytes = await here.fetch('GET', `/api/projects/${id}/files/${files[0].id}`)
    expect(await bytes.text()).toBe('what the file says')
  })
})

describe('chat', () => {
  it('answers with the project’s prompts and settings', async () => {
    const id = await project({ name: 'Pirate', settings: { temperature: 0.2, maxTokens: 321 } })
    await here.post(`/api/projects/${id}/prompts`, { role: 'system', content: 'Talk like a pirate.' })
    model.answerWith('Ahoy there!')
    const { status, body } = await here.post(`/api/chat/${id}`, { message: 'Hello?' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      data: {
        message: 'Ahoy there!',
        usage: { total_tokens: expect.any(Number) as number },
        chatId: expect.any(String) as string,
      },
    })
    const { body: request } = model.requests.at(-1)!
    expect(request).toMatchObject({
      model: 'gpt-3.5-turbo',
      temperature: 0.2,
      max_tokens: 321,
      messages: [
        { role: 'system', content: 'Talk like a pirate.' },
        { role: 'user', content: 'Hello?' },
      ],
    })
    const next = await here.post(`/api/chat/${id}`, { message: 'And now?', chatId: body.data.chatId })
    expect(next.body.data.chatId).toBe(body.data.chatId)
    expect((model.requests.at(-1)!.body as { messages: unknown[] }).messages).toHaveLength(4)
  })

  it('says so when the model fails for good', async () => {
    const id = await project()
    const failed = await here.post(`/api/chat/${id}`, { message: 'Say no [[fault:status:400]]' })
    expect(failed).toMatchObject({
      status: 502,
      body: { success: false, message: expect.stringContaining('Failed to generate AI response') as string },
    })
  })
})

describe('security', () => {
  it('shows nobody another’s project', async () => {
    const id = await project()
    for (const [method, path, body] of [
      ['GET', `/api/projects/${id}`, undefined],
      ['PUT', `/api/projects/${id}`, { name: 'Mine' }],
      ['DELETE', `/api/projects/${id}`, undefined],
      ['POST', `/api/projects/${id}/prompts`, { role: 'system', content: 'x' }],
      ['POST', `/api/chat/${id}`, { message: 'Hello' }],
    ] as const) {
      expect({ path, answer: await stranger.ask(method, path, body) }).toMatchObject({
        path,
        answer: { status: 404, body: { success: false } },
      })
    }
    expect((await upload(stranger, id, 'notes.txt', 'text/plain', 'x')).status).toBe(404)
  })

  it('sends security headers, and lets in the frontend alone', async () => {
    const { headers } = await here.fetch('GET', '/health')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    const from = async (origin: string) =>
      (await here.with({ origin }).fetch('GET', '/health')).headers.get('access-control-allow-origin')
    expect([await from('http://localhost:3000'), await from('http://evil.example')]).toEqual([
      'http://localhost:3000',
      null,
    ])
  })

  it('answers health and unknown routes as written', async () => {
    expect(await here.get('/health')).toMatchObject({
      status: 200,
      body: { status: 'OK', timestamp: expect.any(String) as string },
    })
    expect(await here.get('/api/no/such/route')).toMatchObject({ status: 404, body: { success: false } })
  })
})
