import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { LogRoot } from '../../../src/notary/log-root.js'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import { Engine } from '../../../src/event-store/engine.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { Providers } from '../../../src/llm/providers.js'
import { eventually } from '../../support/event-store/engines.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { type Client, World } from '../../support/world.js'
import { Desk, deskEvents } from '../../support/projects/desk.js'
import { download, slowUpload, upload } from '../../support/projects/form.js'
import { noFiles, Traces } from '../../support/projects/traces.js'

const mebibyte = 1024 * 1024
const most = 100 * mebibyte

/** No provider here keeps files. */
let world: World
let service: ServiceProcess
let traces: Traces
let ann: Client
let bob: Client
let id: string

beforeAll(async () => {
  world = await World.begin({ FILE_MAX_BYTES: String(most) })
  service = world.spawn()
  const url = await service.url()
  traces = world.closeAtEnd(await Traces.in(world))
  ;[ann, bob] = [await world.account(url), await world.account(url)]
})
afterAll(() => world?.end())
beforeEach(async () => {
  id = (await ann.post('/api/projects', { name: 'Files' })).body.data.project.id
})
afterEach(async () => {
  await ann.ask('DELETE', `/api/projects/${id}?erase=true`)
  await expectNothingSoon()
})

const isNothing = (files: Record<string, number>) => Object.values(files).every((count) => count === 0)
const expectNothingSoon = () => eventually(() => traces.files(), isNothing)
const files = async (who = ann) => (await who.get(`/api/projects/${id}/files`)).body.data.files

describe('a file', () => {
  it('is uploaded, listed, downloaded as it was, and deleted with all its bytes', async () => {
    const content = randomBytes(3 * mebibyte)
    const { status, body } = await upload(ann, id, content, 'Größe "A" – 価格.pdf', { type: 'application/pdf' })
    const { file } = body.data
    expect(status).toBe(201)
    expect(body).toMatchObject({ success: true, message: 'File uploaded' })
    expect(file).toEqual({
      id: expect.any(String),
      fileId: file.id,
      filename: 'Größe "A" – 価格.pdf',
      type: 'application/pdf',
      size: content.length,
      uploadedAt: expect.any(String),
    })
    expect(await files()).toEqual([file])
    expect((await ann.get(`/api/projects/${id}`)).body.data.project).toMatchObject({ files: [file], fileCount: 1 })

    const { response, bytes } = await download(ann, id, file.id)
    expect(bytes.equals(content)).toBe(true)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(content.length),
      'content-disposition': `attachment; filename="Gr__e _A_ _ __.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22A%22%20%E2%80%93%20%E4%BE%A1%E6%A0%BC.pdf`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })

    expect(await ann.ask('DELETE', `/api/projects/${id}/files/${file.id}`)).toMatchObject({
      status: 200,
      body: { success: true },
    })
    for (const method of ['GET', 'DELETE'])
      expect(await ann.ask(method, `/api/projects/${id}/files/${file.id}`)).toMatchObject({ status: 404 })
    expect(await files()).toEqual([])
    await expectNothingSoon()
  })

  it('says nothing to whoever reads the database', async () => {
    await upload(ann, id, 'canary-text '.repeat(100_000), 'canary-name.txt')
    expect(await traces.of('canary')).toEqual([])
  })

  it('is nobody else’s', async () => {
    const { file } = (await upload(ann, id, 'x')).body.data
    expect(await upload(bob, id, 'x')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    for (const path of ['/files', `/files/${file.id}`])
      expect(await bob.get(`/api/projects/${id}${path}`)).toMatchObject({ status: 404 })
    const own = (await bob.post('/api/projects', { name: 'Bob’s' })).body.data.project.id
    for (const method of ['GET', 'DELETE'])
      expect(await bob.ask(method, `/api/projects/${own}/files/${file.id}`)).toMatchObject({ status: 404 })
    expect(await files()).toHaveLength(1)
  })

  it('that is damaged is not given out, and is no answer', async () => {
    const { file } = (await upload(ann, id, 'x'.repeat(mebibyte))).body.data
    await traces.db.collection('files.chunks').deleteOne({ n: 0 })
    expect(await ann.get(`/api/projects/${id}/files/${file.id}`)).toMatchObject({
      status: 500,
      body: { code: 'internal' },
    })
  })

  it('that is damaged later on breaks off', async () => {
    const { file } = (await upload(ann, id, 'x'.repeat(3 * mebibyte))).body.data
    await traces.db.collection('files.chunks').deleteOne({ n: 9 })
    await expect(download(ann, id, file.id)).rejects.toThrow('terminated')
  })

  it('of unknown length is taken as it comes', async () => {
    const slow = slowUpload(ann, id)
    for (let i = 0; i < 3; i++) await slow.send(Buffer.alloc(300_000, 'slow '))
    slow.end()
    expect(await slow.answered).toBe(201)
    expect(await files()).toMatchObject([{ size: 900_000, filename: 'slow.txt' }])
  })

  it('is never whole in memory', async () => {
    for (let i = 0; i < 3; i++) await upload(ann, id, Buffer.alloc(4 * mebibyte, 'warm up '))
    const before = peakMemory()
    const { file } = (await upload(ann, id, Buffer.alloc(96 * mebibyte, 'a large one '))).body.data
    const { bytes } = await download(ann, id, file.id)
    expect(bytes.length).toBe(96 * mebibyte)
    expect(peakMemory() - before).toBeLessThan(64 * mebibyte) // whole, it would take more than 96
  })
})

const peakMemory = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.process.pid}/status`, 'utf8'))![1]) * 1024

describe('a repeat', () => {
  it('with the same key finds the file of the first, and stores nothing', async () => {
    const again = { headers: { 'idempotency-key': randomUUID() } }
    const first = await upload(ann, id, 'the same', 'a.txt', again)
    const second = await upload(ann, id, 'the same', 'a.txt', again)
    expect(second).toMatchObject({ status: 201, body: first.body })
    expect(await traces.files()).toEqual({ 'files.files': 1, 'files.chunks': 1, stored_files: 1, file_texts: 1 })
  })

  it.each([
    ['other content', 'not the same', 'a.txt'],
    ['another name', 'the same', 'b.txt'],
  ])('with %s is refused', async (_, content, filename) => {
    const again = { headers: { 'idempotency-key': randomUUID() } }
    await upload(ann, id, 'the same', 'a.txt', again)
    expect(await upload(ann, id, content, filename, again)).toMatchObject({
      status: 422,
      body: { code: 'command_reused' },
    })
    expect(await traces.files()).toEqual({ 'files.files': 1, 'files.chunks': 1, stored_files: 1, file_texts: 1 })
  })

  it('at the same time is the same file, stored once', async () => {
    const again = { headers: { 'idempotency-key': randomUUID() } }
    const both = await Promise.all([1, 2, 3].map(() => upload(ann, id, 'x'.repeat(mebibyte), 'a.txt', again)))
    expect(both.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(new Set(both.map(({ body }) => body.data.file.id)).size).toBe(1)
    expect(await traces.files()).toMatchObject({ 'files.files': 1, stored_files: 1 })
  })

  it('of one that was broken off starts anew', async () => {
    const key = { 'idempotency-key': randomUUID() }
    const slow = slowUpload(ann.with(key), id, 'a.txt')
    await slow.send(Buffer.alloc(mebibyte, 'x'))
    slow.breakOff()
    expect(await upload(ann, id, 'x'.repeat(mebibyte), 'a.txt', { headers: key })).toMatchObject({ status: 201 })
    expect(await files()).toHaveLength(1)
  })
})

describe('an upload that never ends', () => {
  const begun = async (who = ann) => {
    const slow = slowUpload(who, id)
    await slow.send(Buffer.alloc(2 * mebibyte, 'never ends '))
    await eventually(
      () => traces.files(),
      (found) => found['files.chunks']! >= 7,
    )
    return slow
  }

  it('because its sender goes away is removed at once', async () => {
    const slow = await begun()
    slow.breakOff()
    await expectNothingSoon()
  })

  it('because the project is erased meanwhile ends with it', async () => {
    const slow = await begun()
    await ann.ask('DELETE', `/api/projects/${id}?erase=true`)
    slow.end()
    expect(await slow.answered).toBe(404)
    await expectNothingSoon()
  })

  it('because the process dies is removed by the sweep', async () => {
    const victim = world.spawn({ ROLES: 'api' })
    await begun(ann.at(await victim.url()))
    await world.kill(victim)
    expect(await traces.files()).toMatchObject({ 'files.files': 0, stored_files: 1 })
    const { desk, leave } = await deskOf(world, traces)
    try {
      expect(await desk.sweep.run(new Date(Date.now() + 3_500_000))).toEqual({ removed: 0, left: 0 })
      expect(await desk.sweep.run(new Date(Date.now() + 3_700_000))).toEqual({ removed: 1, left: 0 })
      expect(await traces.files()).toEqual(noFiles)
    } finally {
      await leave()
    }
  })
})

/** The parts of the service that a schedule would call, over the same database. */
async function deskOf({ environment }: World, { db }: Traces) {
  const redis = new Redis(environment.REDIS_URL!)
  const masters = { current: masterKey(Buffer.from(environment.MASTER_KEY!, 'hex')) }
  const durable = await withDurableWrites(db)
  const engine = await Engine.open({
    db: durable,
    redis,
    masterKeys: masters,
    events: deskEvents,
    logRoot: (log) => new LogRoot(durable, log).at,
  })
  const leave = async () => {
    await engine.close()
    redis.disconnect()
  }
  return { desk: new Desk(durable, engine, new Providers({})), leave }
}
