import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import { leaseWriter } from '../../../src/event-store/projecting/lease-writes.js'
import { projectionRate } from '../../../src/event-store/projecting/projection-rate.js'
import { pause } from '../../../src/event-store/timing.js'
import { Place } from '../../support/event-store/engines.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

const lease = (_id: string, position: number): LeaseDocument => ({
  _id,
  version: 1,
  position,
  state: 'live',
  owner: 'me',
})

describe('writes of leases', () => {
  let place: Place
  beforeEach(async () => {
    place = await Place.find()
  })
  afterEach(() => place?.leave())

  it('go together, and each is answered by itself', async () => {
    await leasesIn(place.db).insertMany([lease('a', 1), lease('b', 2), lease('c', 3), lease('d', 4)])
    const commands = jest.spyOn(place.db, 'command')
    const write = leaseWriter(place.db)
    const [a, b, c, d, e] = await Promise.all([
      write({ id: 'a', owner: 'me', move: { from: 1, to: 9 } }),
      write({ id: 'b', owner: 'me', move: { from: 1, to: 9 } }), // it is not there any more
      write({ id: 'c', owner: 'you', move: { from: 3, to: 9 } }), // it is mine
      write({ id: 'd', owner: 'me' }),
      write({ id: 'e', owner: 'me' }), // there is none
    ])
    expect([a, d]).toMatchObject([
      { _id: 'a', position: 9, until: expect.any(Date), pace: { since: { position: 1 } } },
      { _id: 'd', position: 4, until: expect.any(Date) },
    ])
    expect([b, c, e]).toEqual([null, null, null])
    expect(d).not.toHaveProperty('pace')
    expect(commands).toHaveBeenCalledTimes(1)
    const untouched = await leasesIn(place.db)
      .find({ until: { $exists: false } })
      .toArray()
    expect(untouched).toEqual([lease('b', 2), lease('c', 3)])
  })

  it('fail when the database refuses one of them', async () => {
    await place.db.createCollection('checkpoints', { validator: { position: { $lt: 10 } } })
    await leasesIn(place.db).insertMany([lease('a', 1), lease('b', 1)])
    const write = leaseWriter(place.db)
    const results = await Promise.allSettled([
      write({ id: 'a', owner: 'me', move: { from: 1, to: 11 } }),
      write({ id: 'b', owner: 'me', move: { from: 1, to: 2 } }),
    ])
    const refused = { status: 'rejected', reason: { message: expect.stringContaining('leases could not be written') } }
    expect(results).toMatchObject([refused, refused]) // all that went together: they are written anew
    expect(await leasesIn(place.db).findOne({ _id: 'b' })).toMatchObject({ position: 2 })
    expect(await write({ id: 'a', owner: 'me', move: { from: 1, to: 2 } })).toMatchObject({ position: 2 })
  })
})

describe('the rate of a projection, as its moves leave it', () => {
  it('is over the last five to ten seconds, and begins anew after a pause', () =>
    inSimulatedTime(async ({ db, replicaSet, time, put }) => {
      put('checkpoints', { ...lease('a', 0) })
      const write = leaseWriter(db)
      const began = time.now
      let at = 0
      const moveAt = async (ms: number, to: number) => {
        await pause(began + ms - time.now)
        const moved = await write({ id: 'a', owner: 'me', move: { from: at, to } })
        at = to
        const { before, since } = moved!.pace!
        return [before.position, since.position]
      }
      expect(await moveAt(0, 10)).toEqual([0, 0])
      expect(await moveAt(2_000, 20)).toEqual([0, 0])
      expect(await moveAt(4_900, 30)).toEqual([0, 0])
      expect(await moveAt(5_200, 40)).toEqual([0, 30])
      expect(await moveAt(10_100, 50)).toEqual([0, 30])
      expect(await moveAt(10_500, 60)).toEqual([30, 50])
      expect(await moveAt(20_400, 70)).toEqual([50, 60])
      expect(await moveAt(31_000, 80)).toEqual([70, 70])
      const { position, pace } = replicaSet.contents('checkpoints', 'local').get('a') as unknown as LeaseDocument
      const { at: from } = pace!.before
      expect(projectionRate({ position, pace, now: new Date(from.getTime() + 2_000) })).toBe(5)
    }))
})
