import { readFileSync } from 'node:fs'
import { Contract, type Operation } from '../../support/api/contract.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { upload } from '../../support/projects/form.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let contract: Contract
let ann: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  const url = await world.start().url()
  contract = await Contract.of(url)
  ann = await world.account(url)
})
afterAll(() => world?.end())

const tagsOf = (operation: Operation) => (operation as Operation & { tags: string[] }).tags
const isCompatible = (operation: Operation) => tagsOf(operation).some((tag) => tag.startsWith('compatibility'))
const at = (path: string) => contract.operations.filter((one) => one.path.startsWith(path) && !one.roles)
const asked = () =>
  model.requests.findLast(({ path }) => path === '/v1/chat/completions')!.body as Record<string, never>

describe('the family to use', () => {
  it('has clean names in /docs, and stands apart from the others', () => {
    const own = [...at('/api/ai/'), ...at('/api/users/'), ...at('/api/projects')]
    expect(own.length).toBeGreaterThan(40)
    expect(own.filter(isCompatible)).toEqual([])
    expect(own.map(({ operationId }) => operationId).filter((id) => !/^[a-z]+([A-Z][a-z]+)*$/.test(id))).toEqual([])
    const others = [...at('/chat/'), ...at('/user/'), ...at('/replies/'), ...at('/message/'), ...at('/api/chats')]
    expect(others.length).toBeGreaterThan(15)
    expect(others.filter((operation) => !isCompatible(operation))).toEqual([])
  })

  it('is named at the head of the README, of docs/api.md and of /docs', () => {
    const { info } = contract.document as unknown as { info: { description: string } }
    const heads = [readFileSync('README.md', 'utf8'), readFileSync('docs/api.md', 'utf8').slice(0, 300)]
    for (const head of [info.description, ...heads]) expect(head).toContain('`/api/ai`')
  })

  it('sends prompts with a project, its settings and its files', async () => {
    const settings = { model: 'openai/gpt-4o-mini', temperature: 0.5, maxTokens: 200 }
    const { project } = (await ann.post('/api/projects', { name: 'Shop', settings })).body.data
    await upload(ann, project.id, 'widget;42', 'prices.csv', { type: 'text/csv' })
    const send = (body: object) => ann.post('/api/ai/chats/shop/messages', { content: 'How much?', ...body })
    const { body } = await send({ projectId: project.id, settings: { temperature: 1 }, files: ['prices.csv'] })
    expect(body.data.message).toMatchObject({
      content: 'You asked: How much?',
      usage: { totalTokens: expect.any(Number) },
    })
    expect(body.data.message.tokens).toBe(body.data.message.usage.totalTokens)
    expect(asked()).toMatchObject({ temperature: 1, max_tokens: 200, messages: [{ role: 'system' }, { role: 'user' }] })
    expect(await send({ files: ['prices.csv'] })).toMatchObject({ status: 400, body: { errors: [{ field: 'files' }] } })
    expect(await send({ projectId: 'nobodys' })).toMatchObject({ status: 404 })
  })

  it('has answers: whole, later, as a stream, cancelled, failed', async () => {
    model.silence()
    const { headers, body } = await ann
      .with({ prefer: 'respond-async' })
      .post('/api/ai/chats/later/messages', { content: 'Take your time' })
    const { id } = body.data.message
    expect(headers.get('location')).toBe(`/api/ai/replies/${id}`)
    expect((await ann.get(`/api/ai/replies/${id}`)).body.data.message).toEqual(body.data.message)
    const cancelled = await ann.post('/api/ai/chats/later/cancel')
    model.silence(false)
    expect(cancelled.body.data.message).toMatchObject({ id, status: 'cancelled', chatId: body.data.message.chatId })
    const { body: stream } = await ann.get(`/api/ai/replies/${id}/stream`)
    expect(stream).toMatch(/^event: start\n[^]*event: cancelled\n/)
    const { ticket } = (await ann.post(`/api/ai/replies/${id}/ticket`)).body.data
    expect((await ann.with({ authorization: '' }).get(ticket.url)).body).toBe(stream)
    model.failNext({ fault: 'status', at: 401 })
    const failed = (await ann.post('/api/ai/chats/later/messages', { content: 'Again' })).body
    expect((await ann.get(`/api/ai/replies/${failed.replyId}`)).body.data.message).toMatchObject({
      status: 'failed',
      content: '',
      error: { code: failed.code },
    })
  })

  it('has messages to read, store, edit, rate and delete, by the same names', async () => {
    const messages = '/api/ai/chats/log/messages'
    await ann.post(messages, { content: 'Hello' })
    const batch = { messages: [{ role: 'assistant', content: 'Kept as it is', tokens: 3 }] }
    const [stored] = (await ann.post(`${messages}/batch`, batch)).body.data.messages
    await ann.ask('PUT', `${messages}/${stored.id}`, { content: 'Edited' })
    expect((await ann.get(`${messages}/${stored.id}`)).body.data.message).toMatchObject({
      content: 'Edited',
      tokens: 3,
    })
    const rate = await ann.post(`/api/ai/messages/${stored.id}/feedback`, { type: 'positive', comment: 'Well kept' })
    expect(rate.body.data.message).toEqual({ id: stored.id, feedback: 'positive', feedbackComment: 'Well kept' })
    const list = (await ann.get(messages)).body.data.messages
    expect(list.map(({ content, feedback }: { content: string; feedback: unknown }) => [content, feedback])).toEqual([
      ['Hello', null],
      ['You asked: Hello', null],
      ['Edited', 'positive'],
    ])
    expect((await ann.ask('DELETE', `/api/ai/messages/${stored.id}/feedback`)).body.data.message.feedback).toBeNull()
    await ann.ask('DELETE', `${messages}/${stored.id}`)
    expect((await ann.get(`${messages}/${stored.id}`)).status).toBe(404)
    const stranger = await world.account(ann.url)
    expect((await stranger.get(`/api/ai/replies/${list[1].id}`)).status).toBe(404)
    expect((await stranger.post(`/api/ai/messages/${list[1].id}/feedback`, { type: 'positive' })).status).toBe(404)
  })
})
