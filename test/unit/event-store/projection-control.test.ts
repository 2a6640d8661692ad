import { Lease } from '../../../src/event-store/projecting/lease.js'
import { type LeaseDocument, leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { ProjectionControl } from '../../../src/event-store/projecting/projection-control.js'
import { pause } from '../../../src/event-store/timing.js'
import { eventually, Place } from '../../support/event-store/engines.js'
import { writers } from '../../support/event-store/notebooks.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

const error = { position: 3, message: 'bad', at: new Date(0) }
const lease = (fields: Partial<LeaseDocument>): LeaseDocument => ({
  _id: 'writers',
  version: 1,
  position: 2,
  state: 'live',
  ...fields,
})
/** As far as both clocks go: the simulated one and the real one. */
const held = { until: new Date(Date.UTC(2100, 0)) }
const rebuilding = { _id: 'writers~rebuild', position: 2 }
const contextOf = (db: ProjectingContext['db']) =>
  ({
    db,
    processName: 'operator',
    announcements: silentAnnouncements(),
    clock: { now: () => new Date() },
  }) as ProjectingContext

interface Scene {
  control: ProjectionControl
  another: ProjectionControl
  read: (id?: string) => Promise<LeaseDocument | null>
  projector: Lease
  rebuilder: Lease
  /** How long something takes, in simulated time. */
  took: (work: Promise<unknown>) => Promise<number>
}

/** Given these leases. */
const given =
  (leases: LeaseDocument[], tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async ({ db, put, time }) => {
      for (const one of leases) put('checkpoints', { ...one })
      await tell({
        control: new ProjectionControl(contextOf(db), writers),
        another: new ProjectionControl(contextOf(db), writers),
        read: (id = 'writers') => leasesIn(db).findOne({ _id: id }),
        projector: new Lease(db, 'writers', 'projector'),
        rebuilder: new Lease(db, 'writers~rebuild', 'rebuilder'),
        took: async (work) => {
          const began = time.now
          await work
          return time.now - began
        },
      })
    })

describe('the event at which a projection has failed', () => {
  it(
    'is that of a failed one',
    given([lease({ state: 'failed', error })], async ({ control }) => {
      expect(await control.failedAt()).toBe(3)
    }),
  )
  it(
    'is none of one that was retried',
    given([lease({ error })], async ({ control }) => {
      expect(await control.failedAt()).toBeUndefined()
    }),
  )
  it(
    'is none of one that has not begun',
    given([], async ({ control }) => {
      expect(await control.failedAt()).toBeUndefined()
    }),
  )
})

describe('a pause', () => {
  it(
    'is for a projection that goes on, and ends with the next decision',
    given([lease({})], async ({ control, read }) => {
      await control.setPaused(true, 1)
      expect(await read()).toMatchObject({ state: 'paused', decided: 1 })
      await control.setPaused(false, 2)
      expect(await read()).toMatchObject({ state: 'live', decided: 2 })
      await control.setPaused(true, 1)
      expect(await read()).toMatchObject({ state: 'live', decided: 2 })
    }),
  )

  it(
    'is none for one that has failed',
    given([lease({ state: 'failed', error })], async ({ control, read }) => {
      await control.setPaused(true, 1)
      expect(await read()).toEqual(lease({ state: 'failed', error }))
    }),
  )

  it(
    'waits five seconds at most for a projector that does not release its lease',
    given([lease({ ...held, owner: 'projector' })], async ({ control, took }) => {
      expect(await took(control.setPaused(true, 1))).toBeCloseTo(5_000, -2)
    }),
  )

  it.each([
    ['whose projector has died', { owner: 'projector', until: new Date(0) }],
    ['that nobody projects', {}],
    ['that has failed, and is being rebuilt', { state: 'failed', error, owner: 'rebuilder', ...held }],
  ] as const)('waits for nobody where the projection is one %s', async (_, fields) => {
    await given([lease(fields)], async ({ control, took }) => {
      expect(await took(control.setPaused(true, 1))).toBeLessThan(50)
    })()
  })

  it(
    'may come before the projection has begun',
    given([], async ({ control, read }) => {
      await control.setPaused(true, 1)
      expect(await read()).toMatchObject({ state: 'paused', version: 0, position: 0 })
    }),
  )

  it('has begun when the projector has released the lease, or has lost it', async () => {
    const place = await Place.find()
    const context = contextOf(place.db)
    const control = new ProjectionControl(context, writers)
    const projector = new Lease(place.db, 'writers', 'projector')
    await projector.ensure(1)
    const end = {
      released: () => projector.release(),
      lost: () => leasesIn(place.db).updateOne({}, { $set: { until: new Date() } }),
    }
    let decision = 0
    for (const how of ['released', 'lost'] as const) {
      await projector.acquire()
      const stopRenewing = projector.keepAlive()
      let hasBegun = false
      const pausing = control.setPaused(true, ++decision).then(() => (hasBegun = true))
      const before = context.announcements.interruptions
      await context.announcements.waitAbove('log', 0, 60_000) // as the projector does, which is interrupted
      await eventually(
        async () => context.announcements.interruptions - before,
        (interruptions) => interruptions >= 3,
        4_000,
      )
      expect(hasBegun).toBe(false)
      stopRenewing()
      await end[how]()
      await pausing
      await control.setPaused(false, ++decision)
    }
    await place.leave()
  })

  it('need not be waited for when it ends', async () => {
    const place = await Place.find()
    const context = contextOf(place.db)
    const projector = new Lease(place.db, 'writers', 'projector')
    await projector.ensure(1)
    await leasesIn(place.db).updateOne({}, { $set: { state: 'paused' } })
    await projector.acquire()
    await new ProjectionControl(context, writers).setPaused(false, 1)
    expect(await projector.read()).toMatchObject({ state: 'live', owner: 'projector' })
    expect(context.announcements.interruptions).toBe(0)
    await place.leave()
  })
})

describe('a retry', () => {
  it.each([
    [false, 'live'],
    [true, 'paused'],
  ] as const)('leaves a failed projection as operators want it: paused %s', async (isPaused, state) => {
    await given([lease({ state: 'failed', error })], async ({ control, read }) => {
      await control.retry(3, 1, isPaused)
      expect(await read()).toEqual(lease({ state, decided: 1 }))
    })()
  })

  it.each([
    ['it has failed at another event', { state: 'failed', error: { ...error, position: 4 } }],
    ['it has not failed', { state: 'live', error }],
    ['it is about to be replaced', { state: 'failed', error, swap: { collection: 'writers~1' } }],
  ] as const)('does nothing when %s', async (_, fields) => {
    const before = lease(fields as Partial<LeaseDocument>)
    await given([before], async ({ control, read }) => {
      await control.retry(3, 1, false)
      expect(await read()).toEqual(before)
    })()
  })
})

describe('what is done while a projection has failed at an event', () => {
  const failed = lease({ version: 2, state: 'failed', error })
  const newer = lease({ ...rebuilding, version: 3, error })

  it(
    'is done under its lease, for its version',
    given([failed], async ({ control, read, projector }) => {
      const done = await control.whileFailedAt(3, async (version) => {
        expect(await projector.acquire()).toBeNull()
        return `skipped in version ${version}`
      })
      expect(done).toBe('skipped in version 2')
      expect(await read()).toEqual(failed)
    }),
  )

  it.each([
    ['live, and there is none of a newer version', [lease({ version: 2 })]],
    ['failed at an earlier one', [lease({ state: 'failed', error: { ...error, position: 2 } })]],
    ['live again, though it tells of an error', [lease({ error })]],
    ['live, and a rebuild of the same version has failed there', [lease({ version: 3 }), newer]],
    ['live, and a rebuild has failed elsewhere', [lease({}), { ...newer, error: { ...error, position: 4 } }]],
    ['nowhere', []],
  ])('is refused when the projection is %s', async (_, leases) => {
    await given(leases, async ({ control }) => {
      const refused = { code: 'not_failed', data: { position: 3 } }
      await expect(control.whileFailedAt(3, async () => 'done')).rejects.toMatchObject(refused)
    })()
  })

  it.each([
    ['lives in an older version', [lease({}), newer]],
    ['has failed there in an older version, too', [failed, newer]],
    ['is not there at all', [newer]],
  ])('is for the first build of a newer version, when the model %s', async (_, leases) => {
    await given(leases, async ({ control, rebuilder }) => {
      const done = await control.whileFailedAt(3, async (version) => {
        expect(await rebuilder.acquire()).toBeNull()
        return version
      })
      expect(done).toBe(3)
    })()
  })

  it(
    'waits for another process that holds the lease for a moment',
    given([failed], async ({ control, projector }) => {
      await projector.acquire()
      setTimeout(() => void projector.release(), 1_000)
      expect(await control.whileFailedAt(3, async () => 'done')).toBe('done')
    }),
  )

  it(
    'is done by one operator at a time, also where one process serves both',
    given([failed], async ({ control, another }) => {
      let atOnce = 0
      const work = async () => {
        expect(++atOnce).toBe(1)
        await pause(500)
        return atOnce--
      }
      await Promise.all([control.whileFailedAt(3, work), another.whileFailedAt(3, work)])
    }),
  )

  it(
    'is refused while the failed model is about to be replaced',
    given([{ ...failed, swap: { collection: 'writers~1' } as never }], async ({ control }) => {
      await expect(control.whileFailedAt(3, async () => 'done')).rejects.toMatchObject({ code: 'contended' })
    }),
  )

  it(
    'is refused when another process keeps the lease',
    given([failed], async ({ control, projector }) => {
      await projector.acquire()
      const stop = projector.keepAlive()
      const contended = { code: 'contended' }
      await expect(control.whileFailedAt(3, async () => 'done')).rejects.toMatchObject(contended)
      stop()
    }),
  )

  it(
    'is refused when the projection is retried while it waits',
    given([failed], async ({ control, projector }) => {
      await projector.acquire()
      const waiting = control.whileFailedAt(3, async () => 'done')
      waiting.catch(() => {}) // it is awaited below
      await pause(200)
      await control.retry(3, 1, false)
      await expect(waiting).rejects.toMatchObject({ code: 'not_failed' })
    }),
  )
})
