import { Lease } from '../../../src/event-store/projecting/lease.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let checkpoint: Lease
const stored = async () => (await checkpoint.read())?.position

beforeEach(async () => {
  place = await Place.find()
  checkpoint = new Lease(place.db, 'reader', 'me')
  await checkpoint.ensure(1)
})
afterEach(() => place?.leave())

describe('the position of a reader', () => {
  it('moves without a write for a while, and is written then', async () => {
    const held = await checkpoint.acquire()
    const moved = await checkpoint.advance(held!, 3) // the first one is written
    const passed = await checkpoint.advance(await checkpoint.advance(moved!, 5).then((at) => at!), 8)
    expect([passed?.position, await stored()]).toEqual([8, 3])
    expect(await checkpoint.flush()).toMatchObject({ position: 8 })
    expect(await stored()).toBe(8)
  })

  it.each(['flush', 'release'] as const)('is written by %s', async (step) => {
    const moved = await checkpoint.advance((await checkpoint.acquire())!, 3)
    await checkpoint.advance(moved!, 5)
    await checkpoint[step]()
    expect(await stored()).toBe(5)
  })

  it('is not written by one who has lost the lease', async () => {
    const moved = await checkpoint.advance((await checkpoint.acquire())!, 3)
    await checkpoint.advance(moved!, 5)
    await place.db.collection('checkpoints').updateOne({}, { $set: { owner: 'another', position: 4 } })
    expect(await checkpoint.flush()).toBeNull()
    expect(await stored()).toBe(4)
  })
})
