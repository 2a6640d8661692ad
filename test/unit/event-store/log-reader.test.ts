import type { RecordedEvent } from '../../../src/event-store/event.js'
import { deliverEach, follow, LogReader } from '../../../src/event-store/log/log-reader.js'
import { record } from '../../../src/event-store/projecting/given-then.js'
import { type CalmWorld, inSimulatedTime } from '../../support/simulation/calm.js'
import { NotebookLog } from '../../support/simulation/notebook-log.js'

const closed = { type: 'NotebookClosed', data: { notebookId: '1' } }
const times = (count: number) => Array.from({ length: count }, () => closed)

interface Scene {
  log: NotebookLog
  /** Another process, of whose announcements nothing is heard here. */
  another: NotebookLog
  reader: LogReader
  stopping: AbortController
  /** Up to where a batch goes, and how long it took. */
  next: (position: number) => Promise<{ to: number; ms: number }>
  world: CalmWorld
}

const scene =
  (tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async (world) => {
      const log = new NotebookLog(world)
      const stopping = new AbortController()
      const reader = new LogReader(log.context.feed, log.context.announcements, stopping.signal)
      const next = async (position: number) => {
        const began = world.time.now
        const { to } = await reader.next(position)
        return { to, ms: world.time.now - began }
      }
      await tell({ log, another: new NotebookLog(world), reader, stopping, next, world })
      stopping.abort()
    })

/** Travels in memory take a few milliseconds. */
const atOnce = 20

describe('a reader that goes on as the log grows', () => {
  it(
    'waits only where the log ends',
    scene(async ({ log, next }) => {
      for (let i = 0; i < 5; i++) log.append(times(1_000))
      for (const [position, to] of [
        [0, 2_000],
        [2_000, 4_000],
        [4_000, 5_000],
      ] as const) {
        const batch = await next(position)
        expect(batch.to).toBe(to)
        expect(batch.ms).toBeLessThan(atOnce)
      }
      expect((await next(5_000)).ms).toBeGreaterThanOrEqual(150)
    }),
  )

  it(
    'does not wait for an announcement of what is there already',
    scene(async ({ another, next }) => {
      for (let i = 0; i < 3; i++) another.append(times(1_000))
      for (const [position, to] of [
        [0, 2_000],
        [2_000, 3_000],
      ] as const) {
        const batch = await next(position)
        expect([batch.to, batch.ms < atOnce]).toEqual([to, true])
      }
    }),
  )

  it(
    'waits until something is announced beyond what it has',
    scene(async ({ log, next }) => {
      log.append(times(3))
      expect(await next(0)).toMatchObject({ to: 3 })
      setTimeout(() => log.append([closed]), 100)
      const { to, ms } = await next(3)
      expect(to).toBe(4)
      expect(ms).toBeGreaterThanOrEqual(100)
      expect(ms).toBeLessThan(100 + atOnce)
    }),
  )

  it(
    'looks by itself after a while, because announcements get lost',
    scene(async ({ another, next }) => {
      await next(0)
      another.append([closed])
      const { to, ms } = await next(0)
      expect(to).toBe(1)
      expect(ms).toBeLessThanOrEqual(1_250 + atOnce)
    }),
  )

  it(
    'does not look again and again for what was announced and is not there',
    scene(async ({ log, next }) => {
      log.append([closed])
      log.context.announcements.announce('log', 7)
      await next(0)
      expect((await next(1)).ms).toBeLessThan(atOnce)
      expect((await next(1)).ms).toBeGreaterThanOrEqual(150)
      log.context.announcements.announce('log', 8)
      expect((await next(1)).ms).toBeLessThan(atOnce)
      log.append([closed]) // what is announced is beyond it already
      expect((await next(1)).to).toBe(2)
    }),
  )

  it(
    'comes back without anything when it is interrupted, or when it should stop',
    scene(async ({ log, next, stopping }) => {
      await next(0)
      for (const interrupt of [() => log.context.announcements.interruptWaits('log'), () => stopping.abort()]) {
        setTimeout(interrupt, 50)
        const { to, ms } = await next(0)
        expect([to, ms < 50 + atOnce]).toEqual([0, true])
      }
    }),
  )
})

describe('one who follows the log', () => {
  const followed = async (
    { log, stopping }: Scene,
    after: number,
    onError?: (where: string, error: unknown) => void,
  ) => {
    const positions: number[] = []
    const { feed, announcements } = log.context
    for await (const events of follow({ feed, announcements, after, signal: stopping.signal, onError })) {
      expect(events.length).toBeGreaterThan(0)
      positions.push(...events.map(({ position }) => position))
    }
    return positions
  }

  it(
    'gets everything after a position, in order, until it has enough',
    scene(async (the) => {
      the.log.append(times(3))
      setTimeout(() => the.log.append(times(2)), 1_000)
      setTimeout(() => the.stopping.abort(), 3_000)
      expect(await followed(the, 1)).toEqual([2, 3, 4, 5])
    }),
  )

  it(
    'misses nothing when reading fails, which is reported',
    scene(async (the) => {
      the.log.append(times(2))
      const failing = jest.spyOn(the.world.db, 'command')
      for (let i = 0; i < 3; i++) failing.mockRejectedValueOnce(new Error(`away ${i}`))
      setTimeout(() => the.stopping.abort(), 1_000)
      const errors: unknown[] = []
      expect(await followed(the, 0, (where, error) => errors.push([where, error]))).toEqual([1, 2])
      expect(errors).toEqual([0, 1, 2].map((i) => ['following the log', new Error(`away ${i}`)]))
    }),
  )

  it(
    'needs nobody who hears of errors, and waits longer each time until it reads again',
    scene(async (the) => {
      const failing = jest.spyOn(the.world.db, 'command').mockRejectedValue(new Error('away'))
      setTimeout(() => the.stopping.abort(), 10_000)
      expect(await followed(the, 0)).toEqual([])
      expect(failing.mock.calls.length).toBeGreaterThan(10)
      expect(failing.mock.calls.length).toBeLessThan(250) // at most every fifty milliseconds, but for the first few
    }),
  )
})

describe('events that are handed on', () => {
  it('are not kept back by one that cannot be taken', () => {
    const [delivered, reports]: [number[], string[]] = [[], []]
    const deliver = ({ position }: RecordedEvent) => {
      if (position === 2) throw new Error('too new')
      if (position === 3) throw JSON.parse('"odd"') // no error
      delivered.push(position)
    }
    deliverEach(record(times(4)), deliver, (text) => reports.push(text))
    expect(delivered).toEqual([1, 4])
    expect(reports).toEqual(['position 2: too new', 'position 3: odd'])
  })
})
