import { createHash } from 'node:crypto'
import { BSON } from 'mongodb'
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
})
