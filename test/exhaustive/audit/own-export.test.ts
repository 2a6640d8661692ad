import { commitmentOf } from '../../../src/event-store/sealing/envelope.js'
import { expectProblem } from '../../support/api/problem.js'
import { type Client, Client as Anybody, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { Auditor, linesOf } from '../../support/audit/auditor.js'

let world: World
let ann: Client
let bob: Client
let auditor: Auditor
const [kept, deleted, erased] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
let projectId: string

beforeAll(async () => {
  world = await World.begin()
  const url = await world.start().url()
  ;[ann, bob] = await Promise.all([world.account(url), world.account(url)])
  auditor = world.closeAtEnd(await Auditor.of(world, url))
  for (const fate of ['', '?erase=false', '?erase=true']) {
    const chatId = crypto.randomUUID()
    await bob.post(`/chat/${chatId}/send`, { text: 'of Bob' })
    if (fate) await bob.ask('DELETE', `/chat/${chatId}${fate}`)
    const { id } = (await bob.post('/api/projects', { name: 'of Bob' })).body.data.project
    if (fate) await bob.ask('DELETE', `/api/projects/${id}${fate}`)
  }
  for (const chatId of [kept, deleted, erased]) await ann.post(`/chat/${chatId}/send`, { text: `said in ${chatId}` })
  projectId = (await ann.post('/api/projects', { name: 'A project of Ann' })).body.data.project.id
  await ann.post(`/api/projects/${projectId}/prompts`, { role: 'system', content: 'Be kind to Ann' })
  await ann.ask('DELETE', `/chat/${deleted}`)
  await ann.ask('DELETE', `/chat/${erased}?erase=true`)
})
afterAll(() => world?.end())

const exported = async (by: Client) => {
  const response = await by.fetch('GET', '/api/users/export')
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8'])
  const [first, ...lines] = linesOf(await response.text())
  expect(first).toMatchObject({ export: 'verbatim@v1', checkpoint: expect.stringContaining(first.origin) })
  return lines
}

describe('an account’s own export', () => {
  it('has every event of what is kept of it, and nothing of anybody else', async () => {
    const lines = await exported(ann)
    const own = new Set([`user-${ann.id}`, `chat-${kept}`, `chat-${deleted}`, `project-${projectId}`])
    const expected = (await auditor.log()).filter(({ stream }) => own.has(stream))
    expect(lines.map(({ position }) => position).sort((a, b) => a - b)).toEqual(
      expected.map(({ position }) => position),
    )
    expect(new Set(lines.map(({ stream }) => stream))).toEqual(own)
  })

  it('has the words, and the salts that make their commitments', async () => {
    const lines = await exported(ann)
    const text = JSON.stringify(lines)
    for (const words of [ann.email, `said in ${kept}`, `said in ${deleted}`, 'A project of Ann', 'Be kind to Ann'])
      expect(text).toContain(words)
    expect(text).not.toContain('of Bob')
    for (const { event, opened } of lines.filter((line) => line.event.personal)) {
      expect(commitmentOf(Buffer.from(opened.salt, 'base64url'), opened.personal).toString('base64url')).toBe(
        event.commitment,
      )
    }
  })

  it('is sent once at a time, and to others meanwhile', async () => {
    const statusOf = async (by: Client) => (await by.get('/api/users/export')).status
    const [mine, others] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, () => statusOf(ann))),
      statusOf(bob),
    ])
    expect(new Set(mine)).toEqual(new Set([200, 429]))
    expect(others).toBe(200)
    // A reader that goes away in the middle leaves nothing behind.
    const goer = new AbortController()
    const begun = await ann.fetch('GET', '/api/users/export', undefined, goer.signal)
    expect(begun.status).toBe(200)
    goer.abort()
    await eventually(
      () => statusOf(ann),
      (status) => status === 200,
    )
  })

  it('is an event in the account’s own evidence', async () => {
    const before = await auditor.log()
    await exported(bob)
    const [evidence, ...more] = (await auditor.log()).slice(before.length)
    expect(evidence).toMatchObject({
      stream: `audit-${bob.id}`,
      data: { what: 'own-export', of: bob.id, upTo: before.length, opened: true },
    })
    expect(more).toEqual([])
  })

  it('is for accounts only, and counts as a request', async () => {
    expectProblem(await new Anybody(ann.url).get('/api/users/export'), '/api', { status: 401, code: 'unauthenticated' })
    const limited = ann.at(await world.start({ USER_RATE_LIMIT_MAX_REQUESTS: '1' }).url())
    await eventually(
      () => limited.fetch('GET', '/api/users/export').then(({ status }) => status),
      (status) => status === 429,
    )
  })
})
