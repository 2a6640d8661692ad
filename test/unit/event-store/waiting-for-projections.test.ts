import type { Announcements } from '../../../src/event-store/log/announcements.js'
import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import { projection } from '../../../src/event-store/projecting/projection.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { Projections } from '../../../src/event-store/projecting/projections.js'
import { wantedName } from '../../../src/event-store/projecting/projector.js'
import { pause } from '../../../src/event-store/timing.js'
import { notes, writers } from '../../support/event-store/notebooks.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'
import type { MemoryReplicaSet } from '../../support/simulation/replica-set.js'

const slow = projection('slow', { version: 1, gathers: true, on: {} })
const newNotes = { ...notes, version: 2 }

interface Scene {
  projections: Projections
  announcements: Announcements
  /** What another process has written. */
  leaseIs: (name: string, fields: Partial<LeaseDocument>) => void
  replicaSet: MemoryReplicaSet
  /** How long something takes, in simulated time. */
  took: (work: Promise<unknown>) => Promise<number>
}

const scene =
  (tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async ({ db, replicaSet, time, put }) => {
      await pause(60_000) // the process runs for a while
      const announcements = silentAnnouncements()
      const context = { db, announcements } as ProjectingContext
      await tell({
        projections: new Projections(context, [newNotes, writers, slow]),
        announcements,
        leaseIs: (_id, fields) => put('checkpoints', { _id, version: 2, position: 0, state: 'live', ...fields }),
        replicaSet,
        took: async (work) => {
          const began = time.now
          await work
          return time.now - began
        },
      })
      announcements.close()
    })

describe('a wait until read models have a position', () => {
  it(
    'does not begin when this process has heard that they have it',
    scene(async ({ projections, announcements, took }) => {
      for (const { name } of projections.all) announcements.announce(`projected:${name}`, 5)
      const waiting = projections.waitUntilReached(5)
      expect(await took(waiting)).toBe(0)
      expect(await waiting).toBe(true)
      expect(projections.hasReached(5, 'notes')).toBe(true)
      expect(projections.hasReached(6, 'notes')).toBe(false)
      announcements.announce('projected:notes', 6)
      expect([projections.lacking(5), projections.lacking(6)]).toEqual([[], ['writers', 'slow']])
      expect(projections.lacking(6, ['notes', 'slow'])).toEqual(['slow'])
    }),
  )

  it(
    'ends when the last of them says so, and asks nobody meanwhile who has',
    scene(async ({ projections, announcements, took }) => {
      setTimeout(() => announcements.announce('projected:notes', 5), 500)
      setTimeout(() => announcements.announce('projected:writers', 5), 710)
      const waiting = projections.waitUntilReached(5, ['notes', 'writers'])
      expect(await took(waiting)).toBeCloseTo(710, -1)
      expect(await waiting).toBe(true)
    }),
  )

  it(
    'does not miss what nobody says, because it looks at the leases now and then',
    scene(async ({ projections, leaseIs, took }) => {
      setTimeout(() => leaseIs('notes', { position: 5 }), 500)
      const waiting = projections.waitUntilReached(5, ['notes'])
      expect(await took(waiting)).toBeCloseTo(550, -2)
      expect(await waiting).toBe(true)
      expect(projections.positionOf('notes')).toBe(5)
    }),
  )

  it(
    'ends after two seconds, or when its caller says',
    scene(async ({ projections, leaseIs, took }) => {
      leaseIs('notes', { position: 4 })
      for (const [limit, longest] of [
        [undefined, 2_000],
        [300, 300],
      ] as const) {
        const waiting = projections.waitUntilReached(5, ['notes'], limit)
        expect(await took(waiting)).toBeCloseTo(longest, -2)
        expect(await waiting).toBe(false)
      }
    }),
  )

  it.each([
    ['is paused', { state: 'paused' }],
    ['has failed', { state: 'failed' }],
    ['is older than this build', { version: 1 }],
  ] as const)('is not for a model that %s', async (_, fields) => {
    await scene(async ({ projections, leaseIs }) => {
      leaseIs('notes', fields)
      expect(await projections.waitUntilReached(5, ['notes'])).toBe(true)
    })()
  })

  it.each([
    ['is built for the first time', { version: 0 }],
    ['a newer build has made', { version: 3 }],
    ['goes on', { version: 2 }],
  ] as const)('is for a model that %s', async (_, fields) => {
    await scene(async ({ projections, leaseIs }) => {
      leaseIs('notes', fields)
      expect(await projections.waitUntilReached(5, ['notes'])).toBe(false)
    })()
  })

  it(
    'is for a model that nobody has begun to build',
    scene(async ({ projections }) => {
      expect(await projections.waitUntilReached(5, ['notes'])).toBe(false)
    }),
  )

  it(
    'is for all models, and tells those that gather events that somebody waits',
    scene(async ({ projections, announcements, leaseIs }) => {
      expect(await projections.waitUntilVisible(5)).toBe(false)
      for (const name of ['notes', 'writers']) leaseIs(name, { position: 5 })
      expect(await projections.waitUntilReached(5, ['notes', 'writers'])).toBe(true)
      const wanted = () => projections.all.map(({ name }) => announcements.highestOf(wantedName(name)))
      expect(wanted()).toEqual([0, 0, 0])
      expect(await projections.waitUntilVisible(5)).toBe(true)
      expect(wanted()).toEqual([0, 0, 0])
      expect(await projections.waitUntilReached(5)).toBe(false)
      expect(wanted()).toEqual([0, 0, 5])
      announcements.announce('projected:slow', 9)
      await projections.waitUntilReached(7, ['slow'])
      expect(wanted()).toEqual([0, 0, 5])
    }),
  )

  it(
    'looks together with others who wait, and anew after a look that failed',
    scene(async ({ projections, leaseIs, replicaSet }) => {
      leaseIs('notes', { position: 4 })
      const find = jest.spyOn(replicaSet, 'find')
      await Promise.all(Array.from({ length: 20 }, () => projections.waitUntilReached(5, ['notes'])))
      expect(find.mock.calls.length).toBeLessThan(60) // each of them alone looks some 40 times
      find.mockImplementationOnce(() => {
        throw new Error('no primary')
      })
      await expect(projections.waitUntilReached(5, ['notes'])).rejects.toThrow('no primary')
      leaseIs('notes', { position: 5 })
      expect(await projections.waitUntilReached(5, ['notes'])).toBe(true)
    }),
  )

  it(
    'looks anew for others when a look has failed',
    scene(async ({ projections, leaseIs, replicaSet }) => {
      leaseIs('notes', { position: 4 })
      const first = projections.waitUntilReached(5, ['notes'])
      first.catch(() => {}) // it is awaited below
      await pause(20)
      const second = projections.waitUntilReached(5, ['notes'])
      jest.spyOn(replicaSet, 'find').mockImplementationOnce(() => {
        throw new Error('no primary')
      })
      await expect(first).rejects.toThrow('no primary')
      leaseIs('notes', { position: 5 })
      expect(await second).toBe(true)
    }),
  )

  it(
    'does not look where it hears of it soon',
    scene(async ({ projections, announcements, replicaSet }) => {
      const find = jest.spyOn(replicaSet, 'find')
      setTimeout(() => announcements.announce('projected:notes', 5), 30)
      expect(await projections.waitUntilReached(5, ['notes'])).toBe(true)
      expect(find).not.toHaveBeenCalled()
    }),
  )
})

describe('projections', () => {
  it('have names of their own', () => {
    expect(() => new Projections({} as ProjectingContext, [notes, writers, newNotes])).toThrow('the same name')
  })

  it(
    'are known by their names',
    scene(async ({ projections }) => {
      const unknown = { code: 'unknown_projection', data: { name: 'note' } }
      expect(projections.projectionNamed('notes')).toBe(newNotes)
      await expect((async () => projections.projectionNamed('note'))()).rejects.toMatchObject(unknown)
    }),
  )
})
