import { PoisonEvent } from '../../../src/event-store/projecting/fold.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import type { Projection } from '../../../src/event-store/projecting/projection.js'
import { Projector, wantedName } from '../../../src/event-store/projecting/projector.js'
import { uuidOf } from '../../../src/event-store/projecting/read-model-collection.js'
import { pause } from '../../../src/event-store/timing.js'
import { eventually, Place } from '../../support/event-store/engines.js'
import { fussyWriters, type WriterDoc, writers } from '../../support/event-store/notebooks.js'
import { type CalmWorld, inSimulatedTime } from '../../support/simulation/calm.js'
import { NotebookLog } from '../../support/simulation/notebook-log.js'

const written = (noteId: string) => ({ type: 'NoteWritten', data: { notebookId: '1', noteId, ownerId: 'ann' } })
const times = (count: number) => Array.from({ length: count }, (_, i) => written(`${i}`))

const fussy = fussyWriters('writers')
const gathering: Projection = { ...writers, gathers: true }

interface Scene {
  log: NotebookLog
  projector: Projector
  yours: Lease
  lease: () => Promise<LeaseDocument | null>
  /** How many notes the model has. */
  count: () => number
  world: CalmWorld
}

/** One projector, which has begun. */
const scene =
  (of: Projection, tell: (scene: Scene) => Promise<void>, fields: Partial<LeaseDocument> = {}): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async (world) => {
      const log = new NotebookLog(world)
      world.put('checkpoints', { _id: 'writers', version: 1, position: 0, state: 'live', ...fields })
      const yours = new Lease(world.db, 'writers', 'you')
      const count = () => (log.documents('writers') as WriterDoc[]).reduce((sum, doc) => sum + doc.written, 0)
      const projector = new Projector(log.context, of)
      projector.start()
      await tell({ log, projector, yours, lease: () => yours.read(), count, world })
      await projector.stop()
    })

describe('a projector', () => {
  it(
    'applies what is in the log, and what comes, and says how far it is',
    scene(writers, async ({ log, lease, count }) => {
      log.append(times(3))
      await pause(100)
      expect(log.documents('writers')).toEqual([{ _id: 'ann', _position: 3, written: 3 }])
      log.append([written('x')])
      await pause(100)
      expect([count(), log.context.announcements.highestOf('projected:writers')]).toEqual([4, 4])
      await pause(1_500)
      expect(await lease()).toMatchObject({ position: 4, owner: 'me' })
    }),
  )

  it(
    'keeps its lease while nothing happens, and releases it when it stops',
    scene(writers, async ({ projector, lease, yours }) => {
      for (let i = 0; i < 10; i++) {
        await pause(1_000)
        expect(await yours.acquire()).toBeNull()
      }
      await projector.stop()
      expect(await lease()).not.toHaveProperty('owner')
    }),
  )

  it(
    'writes where it is when it stops',
    scene(writers, async ({ log, projector, lease }) => {
      log.append([written('a')])
      await pause(50)
      log.append([written('b')])
      await pause(50)
      await projector.stop()
      expect(await lease()).toMatchObject({ position: 2 })
    }),
  )

  it(
    'gives its lease to one who wants it, and takes it back afterwards',
    scene(writers, async ({ log, yours, lease, count }) => {
      await pause(100)
      await yours.requestHandover()
      log.context.announcements.interruptWaits('log')
      await pause(50)
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
      log.append([written('a')])
      await pause(1_000)
      expect(count()).toBe(0)
      await yours.release()
      await pause(300)
      expect([count(), (await lease())?.owner]).toEqual([1, 'me'])
      expect(log.errors).toEqual([])
    }),
  )

  it(
    'gives its lease also while it has much to do',
    scene(writers, async ({ log, yours }) => {
      log.append([written('a')])
      await pause(100)
      await yours.requestHandover()
      log.append([written('b')])
      log.context.announcements.interruptWaits('log')
      for (let i = 0; i < 10; i++) {
        log.append([written('c')])
        await pause(20)
      }
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'stands still while it is paused',
    scene(writers, async ({ log, yours, lease, count }) => {
      log.append([written('a')])
      await pause(100)
      await yours.applyDecision(1, {}, 'paused')
      log.context.announcements.interruptWaits('log')
      await pause(100)
      expect(await lease()).not.toHaveProperty('owner')
      log.append([written('b')])
      await pause(1_000)
      expect(count()).toBe(1)
      await yours.applyDecision(2, {}, 'live')
      await pause(300)
      expect(count()).toBe(2)
    }),
  )

  it.each([
    ['of a newer version', { version: 2 }],
    ['of an older version', { version: 0 }],
    ['that is paused', { state: 'paused' }],
    ['that has failed', { state: 'failed' }],
  ] as const)('leaves a model alone %s', async (_, fields) => {
    await scene(
      writers,
      async ({ log, lease, count }) => {
        log.append([written('a')])
        await pause(2_000)
        expect(count()).toBe(0)
        expect(await lease()).not.toHaveProperty('owner')
      },
      fields,
    )()
  })

  it(
    'applies nothing once another process has taken its lease',
    scene(writers, async ({ log, world, lease, count }) => {
      log.append([written('a')])
      await pause(1_000)
      const theirs = { ...(await lease())!, owner: 'you', until: new Date(Date.now() + 60_000) }
      world.put('checkpoints', { ...theirs })
      await pause(1_500)
      log.append([written('b')])
      await pause(1_000)
      expect([count(), log.errors]).toEqual([1, []])
    }),
  )

  it(
    'stops quietly when it finds that it has lost its lease while it applies something',
    scene(gathering, async ({ log, world, lease }) => {
      log.append([written('a')])
      await pause(1_000)
      world.put('checkpoints', { ...(await lease())!, owner: 'you', until: new Date(Date.now() + 60_000) })
      log.context.announcements.announce(wantedName('writers'), log.append([written('b')]))
      await pause(1_000)
      expect(await lease()).toMatchObject({ owner: 'you', position: 1 })
      expect(log.errors).toEqual([])
    }),
  )

  it(
    'reports an error, and goes on after it',
    scene(writers, async ({ log, world, count }) => {
      jest.spyOn(world.db, 'command').mockRejectedValueOnce(new Error('no primary'))
      log.append([written('a')])
      await pause(1_000)
      expect(log.errors).toEqual([['writers', new Error('no primary')]])
      expect(count()).toBe(1)
    }),
  )

  it(
    'reports that it could not write, and tries it again',
    scene(writers, async ({ log, world, lease, count }) => {
      const command = () => Promise.reject(new Error('no primary'))
      jest.spyOn(world.db, 'admin').mockReturnValueOnce({ command } as never)
      log.append([written('a')])
      await pause(1_000)
      expect(log.errors).toEqual([['writers', new Error('no primary')]])
      expect([count(), (await lease())?.state]).toEqual([1, 'live'])
    }),
  )

  it(
    'writes its lease now and then, and not with each batch',
    scene(writers, async ({ log, world, count }) => {
      let writes = 0
      world.replicaSet.watch(({ collection }, what) => {
        if (collection === 'checkpoints' && what === 'made') writes++
      })
      for (let i = 0; i < 200; i++) {
        log.append([written(`${i}`)])
        await pause(10)
      }
      expect(count()).toBeGreaterThan(190)
      expect(writes).toBeLessThanOrEqual(6)
    }),
  )

  it('needs nobody who hears of errors', () =>
    inSimulatedTime(async (world) => {
      const log = new NotebookLog(world)
      world.put('checkpoints', { _id: 'writers', version: 1, position: 0, state: 'live' })
      jest.spyOn(world.db, 'command').mockRejectedValueOnce(new Error('no primary'))
      const projector = new Projector({ ...log.context, onError: undefined }, fussy)
      projector.start()
      log.append([written('a'), written('bad')])
      const warnings = jest.spyOn(process, 'emitWarning')
      await pause(1_000)
      expect(warnings).not.toHaveBeenCalled()
      warnings.mockRestore()
      expect(log.documents('writers')).toMatchObject([{ written: 1 }])
      expect(log.documents('checkpoints')).toMatchObject([{ state: 'failed' }])
      await projector.stop()
    }))
})

describe('an event that a projector cannot take', () => {
  it(
    'stops it there, with everything before it applied',
    scene(fussy, async ({ log, lease, count }) => {
      log.append([written('a'), written('b'), written('bad'), written('c')])
      await pause(1_000)
      const error = {
        position: 3,
        message: expect.stringMatching(/^event 3 \(NoteWritten in .+\): not this one$/) as string,
        at: expect.any(Date),
      }
      expect(await lease()).toMatchObject({ state: 'failed', position: 2, error })
      expect([count(), log.context.announcements.highestOf('projected:writers')]).toEqual([2, 2])
      expect(log.errors).toEqual([['writers', expect.any(PoisonEvent)]])
    }),
  )

  it(
    'is left out once operators have said so',
    scene(fussy, async ({ log, yours, count }) => {
      log.append([written('a'), written('bad'), written('c')])
      await pause(1_000)
      log.skipped.add(2)
      await yours.applyDecision(1, {}, 'live')
      await pause(1_000)
      expect(count()).toBe(2)
    }),
  )
})

describe('a projector of a model that gathers events', () => {
  const writesOf = ({ replicaSet }: CalmWorld) => {
    let writes = 0
    replicaSet.watch(({ collection }, what) => {
      if (collection === 'writers' && what === 'made') writes++
    })
    return () => writes
  }
  const appendSlowly = async (log: NotebookLog) => {
    for (let i = 0; i < 50; i++) {
      log.append([written(`${i}`)])
      await pause(10)
    }
  }

  it(
    'writes a document once for what comes within a quarter of a second',
    scene(gathering, async ({ log, world, count, lease }) => {
      const writes = writesOf(world)
      await appendSlowly(log)
      await pause(500)
      expect(count()).toBe(50)
      expect(writes()).toBeLessThanOrEqual(4)
      expect(await lease()).toMatchObject({ position: 50 }) // written at once: the next move is not so soon
    }),
  )

  it(
    'writes it each time where others do not gather',
    scene(writers, async ({ log, world, count }) => {
      const writes = writesOf(world)
      await appendSlowly(log)
      await pause(100)
      expect([count(), writes() > 25]).toEqual([50, true])
    }),
  )

  it(
    'writes at once what somebody wants to read',
    scene(gathering, async ({ log, count }) => {
      await pause(1_000)
      for (let i = 1; i <= 5; i++) {
        log.context.announcements.announce(wantedName('writers'), log.append([written('a')]))
        await pause(30)
        expect(count()).toBe(i)
      }
    }),
  )

  it(
    'does not wait while there is more in the log',
    scene(gathering, async ({ log, count }) => {
      await pause(1_000)
      for (let i = 0; i < 10; i++) log.append(times(1_000))
      await pause(400)
      expect(count()).toBe(10_000)
    }),
  )
})

describe('a replacement that its process has not finished', () => {
  it('is finished by the next projector, which then goes on with the new model', async () => {
    const place = await Place.find()
    const engine = await place.engine({ projections: [writers] })
    const events = [{ ...written('a'), personal: { text: 'Hi' } }]
    const append = (expected: number) =>
      engine.store.append({ stream: 's', expected, events, meta: { actor: 'ann', commandId: `c${expected}` } })
    await append(0)
    await place.db
      .collection<{ _id: string; _position: number; written: number }>('writers~1')
      .insertOne({ _id: 'ann', _position: 1, written: 100 })
    const swap = { collection: 'writers~1', uuid: await uuidOf(place.db, 'writers~1'), position: 1, version: 1 }
    await place.db
      .collection<LeaseDocument>('checkpoints')
      .insertOne({ _id: 'writers', version: 1, position: 0, state: 'failed', swap: swap as never })
    engine.start({ projector: true })
    await append(1)
    const model = place.db.collection<{ _id: string; written: number }>('writers')
    await eventually(
      () => model.findOne({ _id: 'ann' }),
      (document) => document?.written === 101,
    )
    expect(await new Lease(place.db, 'writers', 'you').read()).not.toHaveProperty('swap')
    await place.leave()
  })
})
