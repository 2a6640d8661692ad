import { type Db, UUID } from 'mongodb'
import { modelWriter } from '../../../src/event-store/projecting/model-writes.js'
import { uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const document = (_id: string, _position: number, more: object = {}) => ({ _id, _position, ...more })
async function made(collection: string): Promise<{ collection: string; uuid: UUID }> {
  await place.db.createCollection(collection)
  return { collection, uuid: (await uuidOf(place.db, collection))! }
}
const stored = (name: string) => place.db.collection(name).find().sort({ _id: 1 }).toArray()

describe('writes of several read models', () => {
  it('go together, and each hears how many of its own documents were written', async () => {
    const [notes, writers] = [await made('notes'), await made('writers')]
    await place.db.collection<{ _id: string }>('notes').insertMany([document('a', 1), document('b', 2)])
    const admin = jest.spyOn(place.db, 'admin')
    const write = modelWriter(place.db)
    const results = await Promise.all([
      write({
        ...notes,
        inserts: [document('a', 5), document('c', 5, { gone: undefined })], // a is there
        replacements: [
          { document: document('a', 6, { new: true }), stored: 1 },
          { document: document('b', 6), stored: 1 }, // it has moved on
        ],
      }),
      write({ ...writers, inserts: [document('ann', 5)], replacements: [] }),
    ])
    expect(results).toEqual([{ written: 2 }, { written: 1 }])
    expect(admin).toHaveBeenCalledTimes(1)
    expect(await stored('notes')).toEqual([document('a', 6, { new: true }), document('b', 2), document('c', 5)])
    expect(await stored('writers')).toEqual([document('ann', 5)])
  })

  it('are answered however many they are', async () => {
    const inserts = Array.from({ length: 300 }, (_, i) => document(`${i}`, 1))
    expect(await modelWriter(place.db)({ ...(await made('notes')), inserts, replacements: [] })).toEqual({
      written: 300,
    })
  })

  it('fail for those alone whose collection is another by now', async () => {
    const [notes, writers] = [await made('notes'), await made('writers')]
    const write = modelWriter(place.db)
    const [replaced, other] = await Promise.all([
      write({ ...notes, uuid: new UUID(), inserts: [document('a', 1), document('b', 1)], replacements: [] }),
      write({ ...writers, inserts: [document('ann', 1)], replacements: [] }),
    ])
    expect(replaced).toMatchObject({ written: 0, error: { code: 361 } })
    expect(other).toEqual({ written: 1 })
    expect(await stored('notes')).toEqual([])
  })
})

describe('an answer of the database', () => {
  const one = { collection: 'notes', uuid: new UUID(), inserts: [document('a', 1)], replacements: [] }
  /** A database that answers so. */
  const answering = (reply: object): Db =>
    Object.assign(place.client.db('other', { writeConcern: { w: 1, journal: true } }), {
      admin: () => ({ command: async () => reply }),
    })

  it('that the write is not durable is an error', async () => {
    const reply = { cursor: { firstBatch: [{ ok: 1, idx: 0, n: 1 }] }, writeConcernError: { errmsg: 'timed out' } }
    await expect(modelWriter(answering(reply))(one)).rejects.toThrow('not reached a majority: timed out')
  })

  it('that says nothing of a document is an error', async () => {
    await expect(modelWriter(answering({ cursor: { firstBatch: [] } }))(one)).rejects.toThrow(
      'of 1 writes 0 were answered',
    )
  })
})
