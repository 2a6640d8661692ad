import { MongoClient, ReadConcern } from 'mongodb'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { pause } from '../../../src/event-store/timing.js'
import { Place } from '../../support/event-store/engines.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

/** Three processes and a lease that all of them want. */
const story =
  (tell: (mine: Lease, yours: Lease, theirs: Lease) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async ({ db }) => {
      const [mine, yours, theirs] = ['me', 'you', 'they'].map((owner) => new Lease(db, 'reader', owner))
      await new Lease(db, 'another reader', 'somebody').ensure(5)
      await mine!.ensure(1)
      await tell(mine!, yours!, theirs!)
    })

describe('a lease', () => {
  it(
    'begins at position 0, and begins once',
    story(async (mine, yours) => {
      const begun = { _id: 'reader', version: 1, position: 0, state: 'live' }
      expect(await yours.ensure(2)).toEqual(begun)
      await mine.acquire()
      await mine.change({ $set: { position: 7 } })
      expect(await yours.ensure(2)).toMatchObject({ version: 1, position: 7, owner: 'me' })
    }),
  )

  it(
    'is held by one process, until that releases it',
    story(async (mine, yours) => {
      expect(await mine.acquire()).toMatchObject({ owner: 'me', position: 0 })
      expect(await yours.acquire()).toBeNull()
      expect(await mine.acquire()).toMatchObject({ owner: 'me' })
      await mine.release()
      expect(await yours.read()).toEqual({ _id: 'reader', version: 1, position: 0, state: 'live' })
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'is free three seconds after its owner has fallen silent',
    story(async (mine, yours) => {
      await mine.acquire()
      await pause(2_900)
      expect(await yours.acquire()).toBeNull()
      await pause(200)
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
      expect(await mine.renew()).toBeNull()
    }),
  )

  it(
    'lasts as long as it is renewed',
    story(async (mine, yours) => {
      await mine.acquire()
      for (let i = 0; i < 5; i++) {
        await pause(1_500)
        expect(await mine.renew()).toMatchObject({ owner: 'me' })
        expect(await yours.acquire()).toBeNull()
      }
    }),
  )

  it(
    'is only taken when it is as the taker wants it',
    story(async (mine) => {
      expect(await mine.acquire({ state: 'paused' })).toBeNull()
      expect(await mine.acquire({ state: 'live' })).toMatchObject({ owner: 'me' })
    }),
  )

  it(
    'goes to the one who has asked for it, and to nobody else meanwhile',
    story(async (mine, yours, theirs) => {
      await mine.acquire()
      await yours.requestHandover()
      expect(await mine.renew()).toMatchObject({ owner: 'me', wanted: 'you' })
      await mine.release()
      expect(await theirs.acquire()).toBeNull()
      expect(await mine.acquire()).toBeNull()
      const held = await yours.acquire()
      expect(held).toMatchObject({ owner: 'you' })
      expect(held).not.toHaveProperty('wanted')
      expect(held).not.toHaveProperty('wantedUntil')
    }),
  )

  it(
    'is promised for six seconds',
    story(async (_, yours, theirs) => {
      await yours.requestHandover()
      await pause(5_900)
      expect(await theirs.acquire()).toBeNull()
      await pause(200)
      expect(await theirs.acquire()).toMatchObject({ owner: 'they' })
    }),
  )

  it(
    'is kept while some work goes on, and released when that is done',
    story(async (mine, yours) => {
      await mine.acquire()
      const result = await mine.whileHeld(async () => {
        for (let i = 0; i < 10; i++) {
          await pause(1_000)
          expect(await yours.acquire()).toBeNull()
        }
        return 'done'
      })
      expect(result).toBe('done')
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'is released when the work has failed',
    story(async (mine, yours) => {
      await mine.acquire()
      await expect(mine.whileHeld(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'is kept until its owner stops, though some renewals fail',
    story(async (mine, yours) => {
      await mine.acquire()
      let renewals = 0
      const stop = mine.keepAlive(async () => {
        if (++renewals % 2) throw new Error('lost on its way')
        await mine.renew()
      })
      await pause(6_000)
      expect(renewals).toBeGreaterThanOrEqual(5)
      expect(await yours.acquire()).toBeNull()
      stop()
      const before = renewals
      await pause(6_000)
      expect(renewals).toBe(before)
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'is changed and deleted by its owner alone',
    story(async (mine, yours) => {
      await mine.acquire()
      expect(await yours.change({ $set: { cause: 'yours' } })).toBeNull()
      expect(await mine.change({ $set: { cause: 'mine' } })).toMatchObject({ cause: 'mine' })
      expect(await mine.change({ $unset: { cause: 1 } })).not.toHaveProperty('cause')
      await yours.delete()
      expect(await mine.read()).toMatchObject({ owner: 'me' })
      await mine.delete()
      expect(await mine.read()).toBeNull()
    }),
  )

  it(
    'tells how far the work under it has come, which renews it',
    story(async (mine, yours) => {
      await mine.acquire()
      await pause(1_500)
      expect(await mine.reportPosition(5)).toMatchObject({ position: 5 })
      expect(await yours.reportPosition(6)).toBeNull()
      await pause(1_500)
      expect(await yours.acquire()).toBeNull()
      expect(await yours.read()).toMatchObject({ position: 5 })
    }),
  )
})

describe('leases', () => {
  it('are read from the primary, as it has them now, however the database is read otherwise', () => {
    const client = new MongoClient('mongodb://127.0.0.1:1')
    const other = client.db('verbatim', { readPreference: 'secondary', readConcern: new ReadConcern('majority') })
    const { collectionName, readPreference, readConcern } = leasesIn(other)
    expect([collectionName, readPreference?.mode, readConcern?.level]).toEqual(['checkpoints', 'primary', 'local'])
  })

  it('that two processes begin at once are one', async () => {
    const stored = { _id: 'reader', version: 1, position: 0, state: 'live' }
    const racing = { findOneAndUpdate: () => Promise.reject(new Error('duplicate')), findOne: async () => stored }
    const db = Object.assign(new MongoClient('mongodb://127.0.0.1:1').db('verbatim'), { collection: () => racing })
    expect(await new Lease(db as never, 'reader', 'me').ensure(2)).toBe(stored)
  })
})

describe('a decision about a lease', () => {
  it(
    'holds until a later one, whichever comes first and how often it comes',
    story(async (mine, yours) => {
      await mine.acquire()
      await mine.change({ $set: { error: { position: 3, message: 'bad', at: new Date(0) } } })
      await yours.applyDecision(2, { state: 'live' }, 'paused')
      expect(await mine.read()).toMatchObject({ state: 'paused', decided: 2, owner: 'me' })
      expect(await mine.read()).not.toHaveProperty('error')
      for (const outdated of [1, 2]) await yours.applyDecision(outdated, {}, 'live')
      expect(await mine.read()).toMatchObject({ state: 'paused', decided: 2 })
      await yours.applyDecision(3, {}, 'live')
      expect(await mine.read()).toMatchObject({ state: 'live', decided: 3 })
    }),
  )

  it(
    'is for a lease in one state alone',
    story(async (mine, yours) => {
      await yours.applyDecision(1, { state: 'failed' }, 'paused')
      expect(await mine.read()).not.toHaveProperty('decided')
    }),
  )
})

describe('the position of a reader', () => {
  it(
    'moves without a write for a while, and is written then',
    story(async (mine) => {
      const stored = async () => (await mine.read())?.position
      const moved = await mine.advance((await mine.acquire())!, 3) // the first one is written
      const passed = await mine.advance(await mine.advance(moved!, 5).then((at) => at!), 8)
      expect([passed?.position, await stored()]).toEqual([8, 3])
      await pause(1_100)
      expect(await mine.advance(passed!, 9)).toMatchObject({ position: 9 })
      expect(await stored()).toBe(9)
      expect(await mine.advance((await mine.read())!, 10, true)).toMatchObject({ position: 10, owner: 'me' })
      expect(await stored()).toBe(10)
    }),
  )

  it(
    'is not moved by one who has an old idea of it',
    story(async (mine) => {
      const held = await mine.acquire()
      await mine.change({ $set: { position: 4 } })
      expect(await mine.advance(held!, 3)).toBeNull()
      expect(await mine.read()).toMatchObject({ position: 4 })
    }),
  )

  it.each(['flush', 'release'] as const)('is written by %s', async (step) => {
    await story(async (mine) => {
      const moved = await mine.advance((await mine.acquire())!, 3)
      await mine.advance(moved!, 5)
      await mine[step]()
      expect(await mine.read()).toMatchObject({ position: 5 })
    })()
  })

  it(
    'is written once by a flush, which also renews the lease',
    story(async (mine, yours) => {
      const moved = await mine.advance((await mine.acquire())!, 3)
      await mine.advance(moved!, 5)
      expect(await mine.flush()).toMatchObject({ position: 5 })
      await pause(1_500)
      expect(await mine.flush()).toMatchObject({ position: 5 })
      await pause(1_500)
      expect(await yours.acquire()).toBeNull()
    }),
  )

  it('is not written by one who has lost the lease', async () => {
    const place = await Place.find()
    const mine = new Lease(place.db, 'reader', 'me')
    await mine.ensure(1)
    const held = await mine.acquire()
    expect(held).toMatchObject({ owner: 'me', until: expect.any(Date) })
    const moved = await mine.advance(held!, 3)
    await mine.advance(moved!, 5)
    await place.db.collection('checkpoints').updateOne({}, { $set: { owner: 'another', position: 4 } })
    expect(await mine.flush()).toBeNull()
    expect((await mine.read())?.position).toBe(4)
    await place.leave()
  })
})
