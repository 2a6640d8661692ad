import type { Model } from 'mongoose'
import { messagesIn, type PlacesQuery } from '../../../src/chat/read-models/messages-in-places.js'
import { type MessageDoc, messageModel, messages as readModel } from '../../../src/chat/read-models/messages.js'
import { modelsIn } from '../../support/chat/models.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let messages: Model<MessageDoc>
beforeAll(async () => {
  place = await Place.find()
  messages = modelsIn(place).model<MessageDoc>(messageModel.name, messageModel.schema)
  const docs = Array.from({ length: 300 }, (_, seq) => ({ _id: `m${seq}`, sessionId: 'c1', seq }))
  const others = [
    { _id: 'removed', sessionId: 'c1', seq: 3, _removed: new Date() },
    { _id: 'of another', sessionId: 'c2', seq: 3 },
  ]
  await place.db.collection<{ _id: string }>(readModel.name).insertMany([...docs, ...others])
})
afterAll(() => place?.leave())

const found = async (query: Partial<PlacesQuery>) => {
  const all = { places: [{ from: 0, to: Infinity }], order: 'oldest first' as const, limit: 3 }
  return (await messagesIn(messages, 'c1', { ...all, ...query })).map(({ seq }) => seq)
}
/** More than one query asks for: 0 to 1, 4 to 5 … 296 to 297. */
const many = Array.from({ length: 75 }, (_, i) => ({ from: 4 * i, to: 4 * i + 1 }))
const inMany = many.flatMap(({ from, to }) => [from, to])

describe('messages in places', () => {
  it('come in the order that is asked for, and no more than are asked for', async () => {
    expect(await found({})).toEqual([0, 1, 2])
    expect(await found({ order: 'newest first' })).toEqual([299, 298, 297])
  })

  it('stand between the bounds, these included', async () => {
    const places = [
      { from: 0, to: 1 },
      { from: 10, to: 11 },
      { from: 298, to: Infinity },
    ]
    expect(await found({ places, limit: 9 })).toEqual([0, 1, 10, 11, 298, 299])
    expect(await found({ places, limit: 9, order: 'newest first' })).toEqual([299, 298, 11, 10, 1, 0])
  })

  it('stand behind a place, in either order', async () => {
    const places = [
      { from: 0, to: 4 },
      { from: 10, to: 20 },
    ]
    expect(await found({ places, limit: 4, behind: 3 })).toEqual([4, 10, 11, 12])
    expect(await found({ places, limit: 4, behind: 4 })).toEqual([10, 11, 12, 13])
    expect(await found({ places, limit: 4, order: 'newest first', behind: 11 })).toEqual([10, 4, 3, 2])
    expect(await found({ places, limit: 4, order: 'newest first', behind: 10 })).toEqual([4, 3, 2, 1])
    expect(await found({ places, limit: 4, order: 'newest first', behind: 0 })).toEqual([])
  })

  it('come from as many queries as needed', async () => {
    expect(await found({ places: many, limit: 1_000 })).toEqual(inMany)
    expect(await found({ places: many, limit: 1_000, order: 'newest first' })).toEqual(inMany.toReversed())
    for (const limit of [99, 100, 101]) {
      expect(await found({ places: many, limit })).toEqual(inMany.slice(0, limit))
      expect(await found({ places: many, limit, order: 'newest first' })).toEqual(inMany.toReversed().slice(0, limit))
    }
  })

  it('are not asked for any more when there are enough', async () => {
    const asking = jest.spyOn(messages, 'find')
    await found({ places: many, limit: 100 })
    expect(asking).toHaveBeenCalledTimes(1)
    await found({ places: many, limit: 101 })
    expect(asking).toHaveBeenCalledTimes(3)
    await found({ places: many, limit: 1, behind: 297 })
    expect(asking).toHaveBeenCalledTimes(3)
    asking.mockRestore()
  })
})
