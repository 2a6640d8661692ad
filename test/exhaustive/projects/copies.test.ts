import { eventually } from '../../support/event-store/engines.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { type Client, World } from '../../support/world.js'
import { download, upload } from '../../support/projects/form.js'
import { noFiles, Traces } from '../../support/projects/traces.js'

/** The provider of the projects' model keeps files. */
let model: FakeOpenAi
let world: World
let traces: Traces
let ann: Client
let id: string

beforeAll(async () => {
  ;({ model, world } = await World.withModel())
  ann = await world.account(await world.start().url())
  traces = world.closeAtEnd(await Traces.in(world))
})
afterAll(() => world?.end())
beforeEach(async () => {
  id = await project(ann)
})
afterEach(async () => {
  await ann.ask('DELETE', `/api/projects/${id}?erase=true`)
  await expectNothingSoon()
})

const project = async (who: Client, settings = {}): Promise<string> =>
  (await who.post('/api/projects', { name: 'canary-name', settings })).body.data.project.id
const remains = async (): Promise<Record<string, number>> => ({ ...(await traces.files()), copies: model.files.size })
const isNothing = (counts: Record<string, number>) => Object.values(counts).every((count) => count === 0)
const expectNothingSoon = () => eventually(remains, isNothing)

describe('a file', () => {
  it('has a copy at the provider’s, under its own name', async () => {
    const content = 'canary-text '.repeat(200_000)
    const { file } = (await upload(ann, id, content, 'prices 価格.txt')).body.data
    const [copy] = model.files.values()
    expect(copy).toMatchObject({ id: file.fileId, filename: 'prices 価格.txt', purpose: 'assistants' })
    expect(copy!.bytes.toString()).toBe(content)
    expect(file.fileId).not.toBe(file.id)
    expect((await download(ann, id, file.id)).bytes.toString()).toBe(content)
    expect(await traces.of('canary')).toEqual([])
  })

  it('has none when the project’s model is another provider’s', async () => {
    const offline = await project(ann, { model: 'offline/echo' })
    const { file } = (await upload(ann, offline, 'x')).body.data
    expect(file.fileId).toBe(file.id)
    expect(model.files.size).toBe(0)
    await ann.ask('DELETE', `/api/projects/${offline}?erase=true`)
  })

  it('has none when its provider has models only', async () => {
    model.refuseFiles(404)
    expect(await upload(ann, id, 'x')).toMatchObject({ status: 201 })
    model.refuseFiles()
  })

  it('has one copy, however often it is sent', async () => {
    const again = { headers: { 'idempotency-key': 'once' } }
    await upload(ann, id, 'x', 'a.txt', again)
    await upload(ann, id, 'x', 'a.txt', again)
    await Promise.all([1, 2].map(() => upload(ann, id, 'y', 'b.txt', { headers: { 'idempotency-key': 'both' } })))
    expect(model.files.size).toBe(2)
  })
})

describe('the provider', () => {
  it.each([400, 401, 429, 500])('that answers %d gets no copy, and the file is there', async (status) => {
    model.refuseFiles(status)
    const { body } = await upload(ann, id, 'x'.repeat(1_000_000))
    model.refuseFiles()
    expect(body.data.file).toMatchObject({ fileId: body.data.file.id, textLength: 1_000_000 })
    expect(await remains()).toMatchObject({ 'files.files': 1, copies: 0 })
  })

  it('that is away when a file is deleted loses its copy when it is back', async () => {
    const { file } = (await upload(ann, id, 'x')).body.data
    model.refuseFiles(503)
    await ann.ask('DELETE', `/api/projects/${id}/files/${file.id}`)
    await eventually(remains, (counts) => counts['files.chunks'] === 0)
    expect(await remains()).toEqual({ ...noFiles, stored_files: 1, copies: 1 })
    model.refuseFiles()
    await expectNothingSoon()
  })

  it('that has lost the copy itself is no hindrance', async () => {
    const { file } = (await upload(ann, id, 'x')).body.data
    model.files.clear()
    await ann.ask('DELETE', `/api/projects/${id}/files/${file.id}`)
    await expectNothingSoon()
  })
})

describe('with it goes the copy:', () => {
  it('a file', async () => {
    const { file } = (await upload(ann, id, 'x')).body.data
    await upload(ann, id, 'y')
    await ann.ask('DELETE', `/api/projects/${id}/files/${file.id}`)
    await eventually(remains, ({ copies, stored_files }) => copies === 1 && stored_files === 1)
    expect([...model.files.values()].map(({ bytes }) => bytes.toString())).toEqual(['y'])
  })

  it('a project; its bytes stay sealed until it is erased', async () => {
    await upload(ann, id, 'x')
    await upload(ann, id, 'y')
    await ann.ask('DELETE', `/api/projects/${id}`)
    await eventually(remains, ({ copies }) => copies === 0)
    expect(await traces.files()).toEqual({ 'files.files': 2, 'files.chunks': 2, stored_files: 2, file_texts: 2 })
    await ann.ask('DELETE', `/api/projects/${id}?erase=true`)
    await expectNothingSoon()
  })

  it('an account, and all that was in its projects', async () => {
    const eve = await world.account(ann.url)
    const own = await project(eve)
    await eve.post(`/api/projects/${own}/prompts`, { content: 'canary-prompt' })
    await upload(eve, own, 'canary-text', 'canary.txt')
    await upload(eve, await project(eve), 'canary-text', 'canary.txt')
    expect(await eve.ask('DELETE', '/api/users/profile')).toMatchObject({ status: 200 })
    await expectNothingSoon()
    for (const name of ['projects', 'project_prompts', 'project_files']) {
      expect(await traces.db.collection(name).countDocuments({ ownerId: eve.id })).toBe(0)
    }
    expect(await traces.of('canary')).toEqual([])
  })
})
