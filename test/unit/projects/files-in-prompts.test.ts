import { Auditor } from '../../support/audit/auditor.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { upload } from '../../support/projects/form.js'
import { officeTypes, pdfOf, wordOf } from '../../support/projects/office-files.js'
import { Traces } from '../../support/projects/traces.js'
import { type Client, World } from '../../support/world.js'

let model: FakeOpenAi
let world: World
let ann: Client
let auditor: Auditor
let traces: Traces
let id: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  const url = await world.start().url()
  ann = await world.account(url)
  auditor = world.closeAtEnd(await Auditor.of(world, url))
  traces = world.closeAtEnd(await Traces.in(world))
  const settings = { model: 'openai/gpt-4o-mini' }
  id = (await ann.post('/api/projects', { name: 'Shop', settings })).body.data.project.id
  await ann.post(`/api/projects/${id}/prompts`, { content: 'Be brief' })
  model.refuseFiles(503) // the provider keeps no files today
  const png = Buffer.from('iVBORw0KGgo=', 'base64')
  await add('prices.csv', 'text/csv', 'canary-widget;42')
  await add('terms.pdf', 'application/pdf', pdfOf('Goods are sold as seen'))
  await add('letter.docx', officeTypes.word, wordOf('Dear customer'))
  await add('logo.png', 'image/png', png)
})
afterAll(() => world?.end())

async function add(filename: string, type: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const { status, body } = await upload(ann, id, content, filename, { type })
  expect(status).toBe(201)
  ids[filename] = body.data.file.id
}

type Content = string | { type: string; text?: string; image_url?: { url: string } }[]
const asked = () => {
  const { body } = model.requests.findLast(({ path }) => path === '/v1/chat/completions')!
  return (body as { messages: { role: string; content: Content }[] }).messages
}
const send = async (body: object) =>
  (await ann.post(`/api/chat/${id}`, { message: 'What does it cost?', ...body })).body
const contextOf = ({ chatId, messageId }: { chatId: string; messageId: string }) =>
  auditor.read(`/audit/chats/${chatId}/replies/${messageId}/context`)

describe('a prompt to a project with files', () => {
  it('gives the model their texts before the conversation, and images to one that sees', async () => {
    await send({})
    const messages = asked()
    expect(messages.map(({ role }) => role)).toEqual(['system', 'system', 'system', 'system', 'user'])
    const texts = messages.slice(1, 4).map(({ content }) => content)
    expect(texts).toEqual([
      expect.stringMatching(/"prices.csv" \(text\/csv\), all of it\. .*\n\ncanary-widget;42$/s),
      expect.stringContaining('Goods are sold as seen'),
      expect.stringContaining('Dear customer'),
    ])
    expect(messages[4]!.content).toEqual([
      { type: 'text', text: 'What does it cost?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ])
  })

  it('gives it those that are named, by name or id, in that order; or none', async () => {
    await send({ files: ['letter.docx', ids['prices.csv']] })
    const texts = asked().map(({ content }) => content)
    expect(texts).toHaveLength(4)
    expect([texts[1], texts[2]]).toEqual([expect.stringContaining('Dear'), expect.stringContaining('canary-widget')])
    await send({ files: [] })
    expect(asked()).toHaveLength(2)
    const { code, errors } = await send({ files: ['prices.xls'] })
    expect([code, JSON.stringify(errors)]).toEqual(['invalid', expect.stringContaining('prices.xls')])
  })

  it('is seen by an auditor with the parts that were given, also after a file is gone', async () => {
    const { data } = await send({ files: ['prices.csv', 'logo.png', 'terms.pdf'] })
    const sent = asked().filter(({ role }) => role === 'system')
    const files = [
      { fileId: ids['prices.csv'], as: 'text', from: 0, to: 16, of: 16 },
      { fileId: ids['logo.png'], as: 'image', from: 0, to: 8, of: 8 },
      { fileId: ids['terms.pdf'], as: 'text', from: 0, to: 24, of: 24 },
    ]
    const then = await contextOf(data)
    expect(then.files).toEqual(files)
    expect(then.messages.filter(({ role }: { role: string }) => role === 'system')).toEqual(sent)
    await ann.ask('DELETE', `/api/projects/${id}/files/${ids['terms.pdf']}`)
    const later = await contextOf(data)
    expect(later.files).toEqual(files)
    expect(later.messages.length).toBe(then.messages.length - 1)
  })

  it('leaves no word of them readable in the database', async () => {
    expect(await traces.of('canary')).toEqual([])
  })
})
