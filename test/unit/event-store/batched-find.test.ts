import { batchedFind } from '../../../src/event-store/batched-find.js'
import { all, Place } from '../../support/event-store/engines.js'

interface Thing {
  _id: number
}

let place: Place

beforeAll(async () => {
  place = await Place.find()
  await place.db.collection<Thing>('things').insertMany(Array.from({ length: 1_001 }, (_, i) => ({ _id: i })))
})
afterAll(() => place?.leave())

const find = { find: 'things', sort: { _id: 1 } }
const numbers = (bunches: Thing[][]) => bunches.flat().map(({ _id }) => _id)
const openCursors = () =>
  place.client
    .db('admin')
    .aggregate([
      { $currentOp: { idleCursors: true, localOps: true } },
      { $match: { ns: `${place.db.databaseName}.things`, 'cursor.cursorId': { $exists: true } } },
    ])
    .toArray()

describe('bunches', () => {
  it.each([
    ['a few', { ...find, limit: 3 }, 3],
    ['as many as fit', { ...find, limit: 250 }, 250],
    ['one more than fit', { ...find, limit: 251 }, 251],
    ['many', find, 1_001],
  ])('have %s, each once and in order', async (_, command, count) => {
    const bunches = await all(batchedFind<Thing>(place.db, command))
    expect(numbers(bunches)).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(Math.max(...bunches.map((bunch) => bunch.length))).toBeLessThanOrEqual(250)
    expect(await openCursors()).toEqual([])
  })

  it('have nothing where nothing is', async () => {
    expect(numbers(await all(batchedFind<Thing>(place.db, { ...find, filter: { _id: -1 } })))).toEqual([])
    expect(numbers(await all(batchedFind<Thing>(place.db, { find: 'nowhere' })))).toEqual([])
  })

  it('leave nothing open behind whoever has seen enough', async () => {
    const seen: number[] = []
    for await (const bunch of batchedFind<Thing>(place.db, find, 10)) {
      seen.push(...numbers([bunch]))
      if (seen.length === 20) break
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(await openCursors()).toEqual([])
  })

  it('say what is wrong', async () => {
    await expect(all(batchedFind(place.db, { ...find, filter: { $nonsense: 1 } }))).rejects.toThrow(/nonsense/)
  })
})
