import { MongoServerError } from 'mongodb'
import { type Connection, createConnection, type Model } from 'mongoose'
import {
  findInOneReply,
  readModelSchema,
  retryWhenReplaced,
} from '../../../src/event-store/projecting/read-model-queries.js'
import { uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { Place } from '../../support/event-store/engines.js'

const killed = new MongoServerError({ code: 175, errmsg: 'the cursor was killed' })

/** A query that fails so often, each time with the next of the errors. */
function failing(...errors: Error[]) {
  let attempts = 0
  const query = async () => {
    const error = errors[attempts++]
    if (error) throw error
    return 'found'
  }
  return { query, attempts: () => attempts }
}

describe('a query while a model is replaced', () => {
  it('is made once when nothing happens', async () => {
    const { query, attempts } = failing()
    expect([await retryWhenReplaced(query), attempts()]).toEqual(['found', 1])
  })

  it('is repeated when the database has ended its cursor', async () => {
    const { query, attempts } = failing(killed)
    expect([await retryWhenReplaced(query), attempts()]).toEqual(['found', 2])
  })

  it('is repeated once', async () => {
    const { query, attempts } = failing(killed, killed)
    await expect(retryWhenReplaced(query)).rejects.toBe(killed)
    expect(attempts()).toBe(2)
  })

  it.each([
    ['another error of the database', new MongoServerError({ code: 11000, errmsg: 'duplicate' })],
    ['an error that only looks like it', Object.assign(new Error('no'), { code: 175 })],
  ])('is not repeated after %s', async (_, error) => {
    const { query, attempts } = failing(error)
    await expect(retryWhenReplaced(query)).rejects.toBe(error)
    expect(attempts()).toBe(1)
  })
})

describe('the schema of a read model', () => {
  it('lets queries filter by its own fields and the engine’s, and by no other', async () => {
    const place = await Place.find()
    const connection = createConnection(process.env.VERBATIM_TEST_MONGODB_URI!, { dbName: place.db.databaseName })
    const model = connection.model(
      'Note',
      readModelSchema({ name: 'notes' }, { ownerId: { type: String, index: true } }),
    )
    await connection.asPromise()
    await model.init()
    expect(await uuidOf(place.db, 'notes')).toBeUndefined() // the projector makes it, and its indexes
    await place.db
      .collection<{ _id: string; ownerId: string; _position: number }>('notes')
      .insertOne({ _id: 'a', ownerId: 'ann', _position: 3 })
    const known = { _id: 'a', ownerId: 'ann', _position: { $gt: 2 }, _removed: { $exists: false } }
    expect(await model.find(known).lean()).toEqual([{ _id: 'a', ownerId: 'ann', _position: 3 }])
    await expect(model.find({ owner: 'ann' } as never)).rejects.toThrow('owner')
    await connection.close()
    await place.leave()
  })
})

describe('the documents of a query with a limit', () => {
  interface Note {
    _id: string
    ownerId: string
    text: string
  }
  let place: Place
  let connection: Connection
  let model: Model<Note>

  beforeAll(async () => {
    place = await Place.find()
    connection = createConnection(process.env.VERBATIM_TEST_MONGODB_URI!, { dbName: place.db.databaseName })
    model = connection.model<Note>('Note', readModelSchema({ name: 'notes' }, { ownerId: String }))
    await connection.asPromise()
    const note = (i: number, ownerId: string, text = '') => ({
      _id: `${ownerId}-${String(i).padStart(2, '0')}`,
      ownerId,
      text,
    })
    const large = 'x'.repeat(1_000_000)
    await place.db
      .collection<Note>('notes')
      .insertMany([
        ...Array.from({ length: 9 }, (_, i) => note(i, 'ann')),
        ...Array.from({ length: 20 }, (_, i) => note(i, 'eve', large)),
      ])
  })
  afterAll(async () => {
    await connection?.close()
    await place?.leave()
  })

  const find = (filter: object, limit: number) =>
    findInOneReply(model.find(filter).sort({ _id: -1 }).limit(limit).lean<Note[]>())

  it('are found in their order, and no more than asked for', async () => {
    const found = await find({ ownerId: 'ann', _id: { $lt: 'ann-08' } }, 3)
    expect(found).toEqual(['07', '06', '05'].map((i) => ({ _id: `ann-${i}`, ownerId: 'ann', text: '' })))
  })

  it('are none when there are none', async () => {
    expect(await find({ ownerId: 'nobody' }, 3)).toEqual([])
  })

  it('are all found when they do not fit into one reply', async () => {
    const found = await find({ ownerId: 'eve' }, 50)
    expect(found.map(({ _id }) => _id)).toEqual(
      Array.from({ length: 20 }, (_, i) => `eve-${String(19 - i).padStart(2, '0')}`),
    )
  })

  it('are not looked for by a field that the schema does not have', async () => {
    await expect(find({ owner: 'ann' }, 3)).rejects.toThrow('owner')
  })
})
