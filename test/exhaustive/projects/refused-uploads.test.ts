import { randomUUID } from 'node:crypto'
import { eventually } from '../../support/event-store/engines.js'
import { type Client, World } from '../../support/world.js'
import { sendForm, slowUpload, upload } from '../../support/projects/form.js'
import { noFiles, Traces } from '../../support/projects/traces.js'

const mebibyte = 1024 * 1024
const most = 5 * mebibyte

let world: World
let traces: Traces
let ann: Client
let id: string

beforeAll(async () => {
  world = await World.begin({ FILE_MAX_BYTES: String(most) })
  ann = await world.account(await world.start().url())
  traces = world.closeAtEnd(await Traces.in(world))
  id = (await ann.post('/api/projects', { name: 'Files' })).body.data.project.id
})
afterAll(() => world?.end())
afterEach(async () => {
  await eventually(
    () => traces.files(),
    (files) => Object.values(files).every((count) => count === 0),
  )
  expect((await ann.get(`/api/projects/${id}/files`)).body.data.files).toEqual([])
})

describe('a refusal leaves nothing:', () => {
  const form = (...parts: [field: string, filename?: string][]) => {
    const made = new FormData()
    for (const [field, filename] of parts) {
      if (filename === undefined) made.append(field, 'some words')
      else made.append(field, new Blob(['x'], { type: 'text/plain' }), filename)
    }
    return made
  }

  it.each<[string, FormData, string]>([
    ['no file', form(['purpose']), 'file'],
    ['a field instead of a file', form(['file']), 'file'],
    ['no file chosen', form(['file', '']), 'file'],
    ['two files', form(['file', 'a.txt'], ['file', 'b.txt']), 'file'],
    ['two files in two fields', form(['file', 'a.txt'], ['other', 'b.txt']), 'file'],
    ['another field', form(['document', 'a.txt']), 'file'],
    ['a long name', form(['file', `${'x'.repeat(252)}.txt`]), 'file'],
    ['a name that would ring', form(['file', 'a\u0007.txt']), 'file'],
  ])('400 for %s', async (_, body, field) => {
    expect(await sendForm(ann, id, body)).toMatchObject({
      status: 400,
      body: { success: false, code: 'invalid', errors: [{ field }] },
    })
  })

  it('400 for an empty file', async () => {
    expect(await upload(ann, id, '')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'file', message: 'must not be empty' }] },
    })
  })

  it('400 for nothing at all', async () => {
    expect(await sendForm(ann, id, null)).toMatchObject({ status: 400, body: { errors: [{ field: 'file' }] } })
  })

  const part =
    '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n'
  it.each<[string, string, string]>([
    ['has no end', 'multipart/form-data; boundary=b', `${part}half a fi`],
    ['ends in its headers', 'multipart/form-data; boundary=b', part.slice(0, 30)],
    ['is another one', 'multipart/form-data; boundary=c', `${part}x\r\n--b--\r\n`],
    ['does not say where it ends', 'multipart/form-data', `${part}x\r\n--b--\r\n`],
  ])('400 for a form that %s', async (_, type, body) => {
    expect(await sendForm(ann, id, body, { 'content-type': type })).toMatchObject({
      status: 400,
      body: { code: expect.stringMatching(/invalid|malformed/) },
    })
  })

  it.each<[string, string, string]>([
    ['a program', 'setup.exe', 'application/octet-stream'],
    ['a program that says it is a text', 'setup.exe', 'text/plain'],
    ['a page', 'page.html', 'text/html'],
    ['an image that says it is a page', 'image.png', 'text/html'],
    ['a page under the name of a text', 'page.txt', 'text/html'],
    ['no extension', 'README', 'text/plain'],
    ['what every object has', 'a.constructor', 'text/plain'],
  ])('415 for %s', async (_, filename, type) => {
    expect(await upload(ann, id, 'x', filename, { type })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    })
  })

  it('415 for JSON, and for a form where none is expected', async () => {
    expect(await ann.post(`/api/projects/${id}/files`, { file: 'x' })).toMatchObject({ status: 415 })
    const response = await fetch(`${ann.url}/api/projects/${id}`, {
      method: 'PUT',
      headers: ann.headers,
      body: form(['name']),
    })
    expect(response.status).toBe(415)
    expect((await fetch(`${ann.url}/nowhere`, { method: 'POST', body: form(['name']) })).status).toBe(404)
  })

  it('413 for a file that is too large and says so', async () => {
    expect(await upload(ann, id, Buffer.alloc(most + 100_000))).toMatchObject({
      status: 413,
      body: { code: 'too_large' },
    })
  })

  it('413 for a file that turns out to be too large', async () => {
    expect(await upload(ann, id, Buffer.alloc(most + 1))).toMatchObject({ status: 413, body: { code: 'too_large' } })
    expect(await traces.files()).toEqual(noFiles)
  })

  it('404 for a project that is none, without waiting for the file', async () => {
    const slow = slowUpload(ann, randomUUID())
    await slow.send(Buffer.alloc(mebibyte))
    expect(await slow.answered).toBe(404)
  })

  it('401 without an account', async () => {
    const response = await fetch(`${ann.url}/api/projects/${id}/files`, {
      method: 'POST',
      body: form(['file', 'a.txt']),
    })
    expect(response.status).toBe(401)
  })
})
