import type { Binary } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { verifyLog } from '../../../src/audit/verification/verify-log.js'
import { SignedLog } from '../../support/audit/signed-log.js'
import { intact } from '../../support/audit/verified.js'

/** 60 notebooks: appends begin at 1, 2, 5 | 6, 7, 10 | … and have 1, 3 and 1 events. */
let log: SignedLog
let size: number
let note: string

beforeEach(async () => {
  log = await SignedLog.begin()
  const notary = log.notary()
  size = await log.write(60)
  note = (await log.signed(size)).note
  await notary.stop()
})
afterEach(() => log?.end())

const verify = (kept: string[] = []): ReturnType<typeof intact> =>
  intact(verifyLog({ log: log.engine.log, trees: log.trees(), keys: [log.key()], kept }))

/** Somebody who may do anything with the collection. */
async function replace(append: AppendDocument, by: Partial<AppendDocument>): Promise<void> {
  await log.log.replaceOne({ _id: append._id }, { ...append, ...by })
}

async function change(id: number, how: (append: AppendDocument) => Partial<AppendDocument>): Promise<void> {
  const append = await log.appendAt(id)
  await replace(append, how(append))
}

/** Everything from a position on moves by so many places. */
async function renumber(from: number, by: number): Promise<void> {
  const rest = await log.log.find({ _id: { $gte: from } }).toArray()
  await log.log.deleteMany({ _id: { $gte: from } })
  await log.log.insertMany(rest.map((append) => ({ ...append, _id: append._id + by })))
}

const flipped = (binary: Binary, at: number): Buffer => {
  const bytes = Buffer.from(binary.value())
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  return bytes
}

describe('a log that nobody has touched', () => {
  it('verifies, with every checkpoint that was ever kept of it', async () => {
    const notary = log.notary()
    await log.write(3)
    const later = await log.signed(size + 15)
    await notary.stop()
    await log.write(1)
    expect(await verify([note, later.note])).toMatchObject({ events: size + 20, signed: { size: size + 15 } })
  })

  it('verifies after erasure as before', async () => {
    await log.engine.vault.destroy('user-ann', new Date())
    await log.place.db.collection('keys').deleteMany({})
    expect(await verify([note])).toMatchObject({ events: size })
  })

  it('verifies when nothing has happened', async () => {
    const empty = await SignedLog.begin()
    expect(await intact(verifyLog({ log: empty.engine.log, trees: empty.trees() }))).toMatchObject({ events: 0 })
    await empty.end()
  })
})

describe('who has changed something in the log is found', () => {
  it.each([
    [
      'a byte of an envelope',
      278,
      (a: AppendDocument) => ({
        events: [{ ...a.events[0]!, personal: flipped(a.events[0]!.personal!, -1) as never }, ...a.events.slice(1)],
      }),
      277,
    ],
    [
      'a byte of a commitment',
      7,
      (a: AppendDocument) => ({
        events: [
          a.events[0]!,
          { ...a.events[1]!, commitment: flipped(a.events[1]!.commitment!, 3) as never },
          a.events[2]!,
        ],
      }),
      8,
    ],
    [
      'a word of the public part',
      2,
      (a: AppendDocument) => ({
        events: a.events.map((event, i) =>
          i === 2 ? { ...event, data: { ...(event.data as object), noteId: 'x' } } : event,
        ),
      }),
      4,
    ],
    ['who did it', 1, (a: AppendDocument) => ({ meta: { ...a.meta, actor: 'user-eve' } }), 1],
    ['when', 300, (a: AppendDocument) => ({ at: new Date(a.at.getTime() + 1) }), 300],
    ['of what kind', 5, (a: AppendDocument) => ({ events: [{ ...a.events[0]!, type: 'NotebookClosed' }] }), 5],
    ['the stream', 5, () => ({ stream: 'notebook-other' }), 5],
    ['the version', 5, () => ({ version: 77 }), 5],
  ])('%s', async (_, id, how, position) => {
    await change(id, how)
    await expect(verify()).rejects.toMatchObject({ position, message: `event ${position} was changed` })
  })

  it('an event that is gone', async () => {
    await log.log.deleteOne({ _id: 7 })
    await expect(verify()).rejects.toMatchObject({ position: 7, message: 'events 7 to 9 are missing' })
  })

  it('an event that is gone, with those after it moved up', async () => {
    await log.log.deleteOne({ _id: 5 })
    await renumber(6, -1)
    await expect(verify()).rejects.toMatchObject({
      position: 5,
      message: expect.stringContaining('the event that was at position 5 is missing'),
    })
  })

  it('an event that is more, with those after it moved down', async () => {
    await renumber(16, 1)
    await log.log.insertOne({ ...(await log.appendAt(6)), _id: 16, stream: 'notebook-added' })
    await expect(verify()).rejects.toMatchObject({
      position: 16,
      message: expect.stringMatching(/event (at position 16 was added|16 has the envelope of another event)/),
    })
  })

  it('an event without an envelope that is more', async () => {
    await renumber(16, 1)
    await log.log.insertOne({ ...(await log.appendAt(5)), _id: 16, stream: 'notebook-added' })
    await expect(verify()).rejects.toMatchObject({
      position: 16,
      message: expect.stringContaining('the event at position 16 was added'),
    })
  })

  it('an event that is squeezed into a position that is taken', async () => {
    await log.log.insertOne({ ...(await log.appendAt(5)), _id: 7.5, stream: 'notebook-added' })
    await expect(verify()).rejects.toMatchObject({ message: expect.stringContaining('an event was added') })
  })

  it('two events that have changed places', async () => {
    const [a, b] = [await log.appendAt(5), await log.appendAt(6)]
    await log.log.deleteMany({ _id: { $in: [5, 6] } })
    await log.log.insertMany([
      { ...b, _id: 5 },
      { ...a, _id: 6 },
    ])
    await expect(verify()).rejects.toMatchObject({ position: 5, message: 'events 5 and 6 have changed places' })
  })

  it('two envelopes that have changed places', async () => {
    const [a, b] = [await log.appendAt(1), await log.appendAt(6)]
    await replace(a, {
      events: [{ ...a.events[0]!, personal: b.events[0]!.personal, commitment: b.events[0]!.commitment }],
    })
    await replace(b, {
      events: [{ ...b.events[0]!, personal: a.events[0]!.personal, commitment: a.events[0]!.commitment }],
    })
    await expect(verify()).rejects.toMatchObject({
      position: 1,
      message: 'event 1 has the envelope of another event: it was sealed as NotebookOpened, version 1 of notebook-n-1',
    })
  })

  it('a tail that was cut off, by the checkpoint in the database', async () => {
    await log.log.deleteMany({ _id: { $gt: 250 } })
    await expect(verify()).rejects.toMatchObject({
      position: 251,
      message: `the log ends at 250, but ${size} events were signed: events 251 to ${size} are missing`,
    })
  })

  it('a tail that was cut off together with the checkpoint, by one that was kept elsewhere', async () => {
    await log.log.deleteMany({ _id: { $gt: 250 } })
    await log.place.db.collection('notary').deleteMany({})
    await log.place.db.collection('tiles').deleteMany({})
    const notary = log.notary() // it signs what is left: from here alone nothing is wrong
    await log.signed(250)
    await notary.stop()
    expect(await verify()).toMatchObject({ events: 250 })
    await expect(verify([note])).rejects.toMatchObject({
      position: 251,
      message: expect.stringContaining('events 251 to 300 are missing'),
    })
  })

  it('an old checkpoint in place of the newest, by one that was kept elsewhere', async () => {
    const notary = log.notary()
    await log.write(2)
    const newest = await log.signed(size + 10)
    await notary.stop()
    await log.place.db.collection('notary').updateOne({}, { $set: { note } })
    expect(await verify()).toMatchObject({ signed: { size } })
    await expect(verify([newest.note])).rejects.toThrow('an old checkpoint was put in place of a newer one')
  })

  it('events that were changed together with the hashes that were kept of them', async () => {
    const notary = log.notary()
    const tiles = log.place.db.collection('tiles')
    await change(5, (a) => ({ meta: { ...a.meta, actor: 'user-eve' } }))
    await notary.stop()
    await tiles.updateOne({ _id: 'log.example/notebooks 0/0' as never }, [{ $set: { hashes: Buffer.alloc(8192) } }])
    await expect(verify()).rejects.toMatchObject({
      message: expect.stringContaining('are not those that log.example/notebooks has signed'),
    })
  })

  it('and hashes that were changed alone are not taken for the events', async () => {
    await log.place.db
      .collection('tiles')
      .updateOne({ _id: 'log.example/notebooks 0/0' as never }, [{ $set: { hashes: Buffer.alloc(8192) } }])
    expect(await verify()).toMatchObject({ events: size, signed: { size } })
  })

  it('a checkpoint that another key has signed, or of another log', async () => {
    await expect(
      intact(verifyLog({ log: log.engine.log, trees: log.trees(), keys: [log.key(undefined, Buffer.alloc(32, 7))] })),
    ).rejects.toThrow('none of the keys given')
    await expect(
      intact(
        verifyLog({ log: log.engine.log, trees: log.trees('log.example/other'), keys: [log.key()], kept: [note] }),
      ),
    ).rejects.toThrow('belongs to another log')
  })
})
