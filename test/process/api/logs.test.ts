import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, World } from '../../support/world.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { until } from '../../support/until.js'
import { canary, expectDiscretion } from '../../support/api/discretion.js'

const said = (what: string) => `${canary} ${what}`

let model: FakeOpenAi
let world: World

beforeAll(async () => {
  ;({ model, world } = await World.withModel({
    LOG_LEVEL: 'trace',
    REPLY_ATTEMPTS: '2',
    REPLY_BACKOFF_MS: '10',
    JWT_SECRET: `${canary}-signs-the-tokens`,
  }))
})
afterAll(() => world?.end())

describe('the log, however much it is to tell,', () => {
  it('tells who did what, and never what was said or what lets somebody in', async () => {
    const service = world.spawn({ LOG_FILE: 'service.log' })
    await liveThrough(await service.url())
    expect(service.output).toMatch(
      /POST \/chat\/:sessionId\/send 200 durationMs=\d+ user=[0-9a-f-]{36} chat=[0-9a-f-]{36} correlation=[0-9a-f-]{36}\n/,
    )
    expect(service.output).toMatch(/POST \/chat\/:sessionId\/send 502/)
    expect(service.output).toMatch(/attempt 1 failed/)
    expectDiscretion([service, { output: await readFile(join(world.folder, 'service.log'), 'utf8') }])
  })

  it('is as discreet in production', async () => {
    const service = world.spawn({ NODE_ENV: 'production' })
    const port = await until('it listens', () => /listening on .*port (\d+)/.exec(service.output)?.[1], service)
    await liveThrough(`http://127.0.0.1:${port}`)
    await new Client(`http://127.0.0.1:${port}`).get('/metrics')
    const lines = service.output.split('\n').filter((line) => line.startsWith('{'))
    const requests = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ method }) => method)
    const failed = requests.find(({ status }) => status === 502)!
    expect(failed).toMatchObject({
      context: 'Request',
      method: 'POST',
      route: '/chat/:sessionId/send',
      durationMs: expect.any(Number),
      user: expect.stringMatching(/^[0-9a-f-]{36}$/),
      chat: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlation: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(requests.filter(({ route }) => /^\/(metrics|health)/.test(String(route)))).toEqual([])
    expectDiscretion([service])
  })
})

/** Everything that goes well, and much that does not. */
async function liveThrough(url: string): Promise<void> {
  const ann = await world.account(url)
  const nobody = new Client(url, { 'user-agent': said('agent'), referer: 'http://example.org/CANARY' })
  const { email } = ann
  await nobody.post('/api/auth/login', { email, password: 'a long secret' })
  await nobody.post('/api/auth/login', { email, password: 'not my secret' })
  await nobody.post('/api/auth/register', { email, password: 'a long secret', name: said('name') })
  await ann.ask('PUT', '/api/users/profile', { email: `new-${email}`, name: said('name'), username: canary })
  const { apiKey, id } = (await ann.post('/api/users/generate-api-key')).body.data
  const key = nobody.with({ 'x-api-key': apiKey })
  await nobody.with({ 'x-api-key': `${apiKey}x` }).get('/api/users/profile')
  await nobody.with({ authorization: `Bearer ${canary}` }).get('/api/users/profile')

  const chat = `/chat/${canary}`
  const sent = await key.with({ 'idempotency-key': canary }).post(`${chat}/send`, { text: said('prompt') })
  expect(sent.status).toBe(200)
  await ann
    .with({ accept: 'text/event-stream', 'last-event-id': canary })
    .post(`${chat}/send`, { text: said('another') })
  await ann.ask('PATCH', `${chat}/edit`, { name: said('title') })
  await ann.post(`/message/${sent.body.messageId}/feedback`, { type: canary })
  await ann.post(`/message/${canary}/feedback`, { type: 'positive' })
  await ann.get(`${chat}/messages?cursor=${canary}`)
  await ann.get(`/${canary}?${canary}`)
  await ann.get(`/chat/%zz${canary}/messages`)
  await ann.post(`${chat}/send`, `{ "text": "${said('cut off')}`)
  await ann.post(`${chat}/send`, { text: said('prompt'), model: `openai/${canary}` })
  await ann.post(`${chat}/send`, { text: said('prompt'), model: canary })

  for (const status of [400, 401, 404, 429, 500]) {
    const body = {
      error: {
        message: `I will not answer "${said('prompt')}" for Bearer ${canary}`,
        type: canary,
        param: 'messages',
        code: canary,
      },
    }
    model.failNext({ fault: 'status', at: status, body, headers: { 'retry-after': '0', 'x-request-id': canary } })
    expect([200, 502]).toContain((await ann.post(`${chat}/send`, { text: said('prompt') })).status) // some faults are tried again
  }
  for (const fault of ['drop', 'hangup', 'malformed', 'error_inside', 'web_page'] as const) {
    model.failNext(fault)
    await ann.post(`${chat}/send`, { text: said('prompt') })
  }
  model.sendRaw([`data: {"${canary}`])
  await ann.post(`${chat}/send`, { text: said('prompt') })

  await ann.post('/api/chats', { title: said('title'), tags: [canary], metadata: { [canary]: canary } })
  await ann.get(`/api/chats/search?q=${canary}&tags=${canary}`)
  await ann.post('/api/projects', { name: said('project') })
  const { session_id } = (await nobody.post('/session/initialize_session')).body
  await nobody.post('/chat', { session_id, content: said('guest') })
  await nobody.post('/feedback', { session_id, feedback: said('opinion') })
  expect(world.services.map(({ output }) => output).join('')).not.toContain(session_id)

  await ann.ask('DELETE', `${chat}?erase=true`)
  await ann.ask('DELETE', `/api/users/api-keys/${id}`)
  await ann.post('/api/users/password', { currentPassword: 'a long secret', newPassword: 'an even longer secret' })
  await ann.ask('DELETE', '/api/users/profile')
}
