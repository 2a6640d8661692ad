import { BSON, ObjectId } from 'mongodb'
import { Providers } from '../../../src/llm/providers.js'
import { addFile } from '../../../src/projects/project.js'
import { DamagedFile, pieceBytes } from '../../../src/projects/files/file-sealing.js'
import { all, command, Place } from '../../support/event-store/engines.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Desk, deskEvents } from '../../support/projects/desk.js'
import { filesIn, noFiles } from '../../support/projects/traces.js'

let place: Place
let model: FakeOpenAi
let providers: Providers
let desk: Desk

beforeEach(async () => {
  place = await Place.find()
  model = await FakeOpenAi.start()
  providers = new Providers({ openai: { baseUrl: model.url, apiKey: 'x' } })
  desk = new Desk(place.db, await place.engine({ events: deskEvents }), providers)
  await desk.open()
})
afterEach(async () => {
  await place.leave()
  await model.close()
})

const about = { filename: 'canary-name.txt', type: 'text/plain' }
const canary = 'canary-text '
const text = Buffer.from(canary.repeat(60_000)) // three pieces

async function* inParts(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 64 * 1024) yield content.subarray(at, at + 64 * 1024)
}

async function* brokenOff(): AsyncGenerator<Uint8Array> {
  yield* inParts(text)
  throw new Error('the power is gone')
}

const openai = async () => (await providers.resolve('openai/gpt-4o-mini')).provider
const offline = async () => (await providers.resolve('offline/echo')).provider
const upload = async (content = inParts(text), provider = openai()) =>
  await desk.uploading.upload({ ...desk.project, fileId: 'f' }, content, about, await provider)
const nameOf = (contentId: string) => ({ projectId: 'p', fileId: 'f', contentId })
const read = async (contentId: string) => Buffer.concat(await all(desk.contents.read(nameOf(contentId))))

describe('the bytes of a file', () => {
  it('lie in GridFS as its tools expect them, and say nothing there', async () => {
    const { _id } = await upload()
    const [file] = await place.db.collection('files.files').find().toArray()
    const chunks = await place.db.collection('files.chunks').find().sort({ n: 1 }).toArray()
    expect(file).toEqual({
      _id: new ObjectId(_id),
      length: text.length + 3 * 16,
      chunkSize: 255 * 1024,
      uploadDate: expect.any(Date),
      filename: _id,
    })
    expect(chunks.map(({ n, data }) => [n, data.length()])).toEqual([
      [0, 261_120],
      [1, 261_120],
      [2, text.length - 2 * pieceBytes + 16],
    ])
    const bytes = Buffer.concat(chunks.map(({ data }) => data.value()))
    expect(bytes.includes('canary')).toBe(false)
    expect(JSON.stringify(await place.db.collection('stored_files').find().toArray())).not.toContain('canary')
  })

  it('are read as they were', async () => {
    const { _id } = await upload(undefined, offline())
    expect((await read(_id)).equals(text)).toBe(true)
  })

  it('are not given out as those of another file', async () => {
    const { _id } = await upload(undefined, offline())
    await expect(all(desk.contents.read({ ...nameOf(_id), fileId: 'g' }))).rejects.toThrow(DamagedFile)
  })

  const chunks = () => place.db.collection('files.chunks')
  it.each<[string, (id: ObjectId) => Promise<unknown>]>([
    [
      'a byte is flipped',
      async (files_id) => {
        const { _id, data } = (await chunks().findOne({ files_id, n: 1 }))!
        const bytes = Buffer.from(data.value())
        bytes[7]! ^= 1
        await chunks().updateOne({ _id }, { $set: { data: bytes } })
      },
    ],
    [
      'two chunks are swapped',
      async (files_id) => {
        for (const [from, to] of [
          [0, 9],
          [1, 0],
          [9, 1],
        ])
          await chunks().updateOne({ files_id, n: from }, { $set: { n: to } })
      },
    ],
    ['a chunk is missing', (files_id) => chunks().deleteOne({ files_id, n: 1 })],
    ['the end is missing', (files_id) => chunks().deleteOne({ files_id, n: 2 })],
    ['all is missing', (files_id) => chunks().deleteMany({ files_id })],
  ])('are not given out when %s', async (_, damage) => {
    const { _id } = await upload(undefined, offline())
    await damage(new ObjectId(_id))
    await expect(read(_id)).rejects.toThrow(DamagedFile)
  })
})

describe('an upload', () => {
  it('has no copy when the provider does not take it, and is stored all the same', async () => {
    model.refuseFiles(503)
    const { _id, copy } = await upload()
    expect(copy).toBeUndefined()
    expect((await read(_id)).equals(text)).toBe(true)
    expect(model.files.size).toBe(0)
  })

  it('has its text beside it, sealed under another key, until it is removed', async () => {
    const file = await upload()
    expect(file.textLength).toBe(text.length)
    expect(await desk.texts.read(nameOf(file._id))).toBe(text.toString())
    const [stored] = await place.db.collection('file_texts').find().toArray()
    expect(Buffer.from(BSON.serialize(stored!)).includes('canary')).toBe(false)
    const [first] = await place.db.collection('files.chunks').find({ n: 0 }).toArray()
    expect(stored!.pieces[0].value().equals(first!.data.value())).toBe(false)
    await desk.removals.discard(file)
    expect(await filesIn(place.db)).toEqual(noFiles)
  })
})

describe('an upload that fails', () => {
  it('in a way that nobody can be sure of is left to the sweep', async () => {
    await expect(upload(brokenOff())).rejects.toThrow('the power is gone')
    expect(await filesIn(place.db)).toEqual({ ...noFiles, 'files.chunks': 2, stored_files: 1 })
  })
})

describe('the sweep', () => {
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)

  it('removes what was abandoned an hour ago, and nothing younger', async () => {
    await expect(upload(brokenOff())).rejects.toThrow('the power is gone')
    await upload()
    expect(model.files.size).toBe(1)
    expect(await desk.sweep.run(inMinutes(59))).toEqual({ removed: 0, left: 0 })
    expect(await desk.sweep.run(inMinutes(61))).toEqual({ removed: 2, left: 0 })
    expect(await filesIn(place.db)).toEqual(noFiles)
    expect(model.files.size).toBe(0)
    expect(await desk.sweep.run(inMinutes(61))).toEqual({ removed: 0, left: 0 })
  })

  it('removes the same once when it runs twice at once', async () => {
    await upload()
    await Promise.all([desk.sweep.run(inMinutes(61)), desk.sweep.run(inMinutes(61))])
    expect(await filesIn(place.db)).toEqual(noFiles)
  })

  it('leaves a file alone whose event is in the log, however late its reactor is', async () => {
    const { _id: contentId } = await upload()
    await desk.projects.execute(
      desk.project,
      command(),
      addFile(desk.project, { ...about, fileId: 'f', contentId, size: text.length }),
    )
    expect(await desk.sweep.run(inMinutes(10_000))).toEqual({ removed: 0, left: 0 })
    expect((await read(contentId)).equals(text)).toBe(true)
  })

  it('comes again for a copy whose provider is away', async () => {
    await upload()
    model.refuseFiles(503)
    expect(await desk.sweep.run(inMinutes(61))).toEqual({ removed: 0, left: 1 })
    expect(await filesIn(place.db)).toEqual({ ...noFiles, stored_files: 1 })
    model.refuseFiles()
    expect(await desk.sweep.run(inMinutes(61))).toEqual({ removed: 1, left: 0 })
    expect(await filesIn(place.db)).toEqual(noFiles)
    expect(model.files.size).toBe(0)
  })

  it('keeps an upload that comes back late from becoming a file', async () => {
    const file = await upload()
    await desk.uploading.mustNotBeSwept(file)
    model.refuseFiles(503)
    await desk.sweep.run(inMinutes(61))
    await expect(desk.uploading.mustNotBeSwept(file)).rejects.toMatchObject({ code: 'request_timeout' })
  })
})
