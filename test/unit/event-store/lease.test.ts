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

describe('what did not concern a reader', () => {
  it('is passed without a write, and written with the next step', async () => {
    const held = await checkpoint.acquire()
    const moved = await checkpoint.advance(held!.position, 3)
    const passed = await checkpoint.deferAdvance(await checkpoint.deferAdvance(moved!, 5).then((at) => at!), 8)
    expect([passed?.position, await stored()]).toEqual([8, 3])
    expect(await checkpoint.advance(8, 9)).toMatchObject({ position: 9 })
    expect(await stored()).toBe(9)
  })

  it.each(['flush', 'release'] as const)('is written by %s', async (step) => {
    const moved = await checkpoint.advance((await checkpoint.acquire())!.position, 3)
    await checkpoint.deferAdvance(moved!, 5)
    await checkpoint[step]()
    expect(await stored()).toBe(5)
  })

  it('is not written by one who has lost the lease', async () => {
    const moved = await checkpoint.advance((await checkpoint.acquire())!.position, 3)
    await checkpoint.deferAdvance(moved!, 5)
    await place.db.collection('checkpoints').updateOne({}, { $set: { owner: 'another', position: 4 } })
    expect(await checkpoint.flush()).toBeNull()
    expect(await stored()).toBe(4)
  })
})
