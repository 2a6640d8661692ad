import { MongoServerError } from 'mongodb'
import { createConnection } from 'mongoose'
import { readModelSchema, retryWhenReplaced } from '../../../src/event-store/projecting/read-model-queries.js'
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
    const model = connection.model('Note', readModelSchema('notes', { ownerId: { type: String, index: true } }))
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
