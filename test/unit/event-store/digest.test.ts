import { createHash } from 'node:crypto'
import { BSON, MaxKey, MinKey, ObjectId, UUID } from 'mongodb'
import { digestOf } from '../../../src/event-store/projecting/digest.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const model = () => place.db.collection<{ _id: string }>('model')
const sha256 = (documents: object[]): string => {
  const hash = createHash('sha256')
  for (const document of documents) hash.update(BSON.serialize(document))
  return hash.digest('hex')
}

describe('the digest of a read model', () => {
  it('is the SHA-256 of all its documents, in the order of their ids', async () => {
    expect(await digestOf(place.db, 'model')).toBe(sha256([]))
    const documents = Array.from({ length: 4_001 }, (_, i) => ({ _id: String(i).padStart(4, '0'), n: i }))
    await model().insertMany(documents.toReversed())
    expect(await digestOf(place.db, 'model')).toBe(sha256(documents))
  })

  it('leaves out what removals have left behind', async () => {
    const [kept, removed] = [{ _id: 'a' }, { _id: 'b', _removed: new Date() }]
    await model().insertMany([kept, removed])
    expect(await digestOf(place.db, 'model')).toBe(sha256([kept]))
  })

  it('is another one when a document was added, whatever its id is', async () => {
    const documents = Array.from({ length: 2_500 }, (_, i) => ({ _id: String(i).padStart(4, '0') }))
    await model().insertMany(documents)
    const digests = [await digestOf(place.db, 'model')]
    for (const _id of [7, new ObjectId(), { a: 1 }, new Date(0), false, new UUID(), new MinKey(), new MaxKey()]) {
      await place.db.collection<{ _id: unknown }>('model').insertOne({ _id })
      digests.push(await digestOf(place.db, 'model'))
    }
    expect(new Set(digests).size).toBe(9)
  })
})
