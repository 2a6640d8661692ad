import { VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { AppendQueue, fail, type ReadyAppend, succeed } from '../../../src/event-store/log/append-queue.js'
import { pause } from '../../../src/event-store/timing.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

const mebibyte = 1024 * 1024
const append = (stream: string): ReadyAppend => ({
  n: 1,
  stream,
  version: 1,
  meta: { actor: 'user-ann', commandId: `of ${stream}` },
  events: [{ type: 'Happened', shape: 1, data: {} }],
})
const stored = (position: number): AppendDocument => ({ ...append('a'), _id: position, at: new Date(0) })

let queue: AppendQueue
beforeEach(() => {
  queue = new AppendQueue(60_000)
})
afterEach(() => queue.close())

/** Adds appends to these streams. */
const add = (...streams: string[]) => streams.map((stream) => queue.add(append(stream), 100))
const batch = () => queue.takeBatch().map(({ append: { stream } }) => stream)

describe('the queue of appends', () => {
  it('gives them in the order in which they came, and again those that have no answer', async () => {
    const [first, , third] = add('a', 'b', 'c')
    const taken = queue.takeBatch()
    expect(queue.isEmpty).toBe(true)
    succeed(taken[0]!, stored(1))
    fail(taken[2]!, new Error('no'))
    void add('d')
    queue.endBatch()
    expect(await first).toEqual(stored(1))
    await expect(third).rejects.toThrow('no')
    expect(queue.isEmpty).toBe(false)
    expect(batch()).toEqual(['b', 'd'])
    queue.endBatch()
    expect(batch()).toEqual(['b', 'd'])
  })

  it('answers that a version was taken', async () => {
    const [one] = add('a')
    succeed(queue.takeBatch()[0]!, new VersionConflict('a', 1))
    expect(await one).toEqual(new VersionConflict('a', 1))
  })

  it('gives no more than a thousand at once', () => {
    void add(...Array.from({ length: 1_001 }, (_, i) => `${i}`))
    expect(batch()).toHaveLength(1_000)
    expect(batch()).toEqual(['1000'])
  })

  it('gives no more than twelve mebibytes at once, unless one alone has more', () => {
    for (const [stream, size] of [
      ['a', 6],
      ['b', 6],
      ['c', 1],
      ['d', 13],
      ['e', 1],
    ] as const)
      void queue.add(append(stream), size * mebibyte)
    expect([batch(), batch(), batch(), batch()]).toEqual([['a', 'b'], ['c'], ['d'], ['e']])
  })

  it('gives so many singly after a fault', () => {
    void add('a', 'b', 'c', 'd')
    queue.takeSingly(2)
    expect([batch(), batch(), batch()]).toEqual([['a'], ['b'], ['c', 'd']])
  })

  it('gives up after a while what has no answer, whether it waits or is under way', async () => {
    queue.close()
    queue = new AppendQueue(40)
    const [answered, underWay, waiting] = add('answered', 'under way', 'waiting')
    queue.takeSingly(2)
    succeed(queue.takeBatch()[0]!, stored(1))
    queue.takeBatch()
    for (const [late, stream] of [
      [underWay, 'under way'],
      [waiting, 'waiting'],
    ] as const)
      await expect(late).rejects.toMatchObject({ code: 'outcome_unknown', data: { stream } })
    expect(await answered).toEqual(stored(1))
    expect(queue.isEmpty).toBe(true)
    queue.endBatch()
    expect(queue.isEmpty).toBe(true)
  })

  it('gives nothing up before its time, nor after it is closed', () =>
    inSimulatedTime(async () => {
      const answers: string[] = []
      const late = (name: string, ofQueue: AppendQueue) =>
        void ofQueue.add(append(name), 100).catch((error: Error) => answers.push(`${name}: ${error.message}`))
      const [short, long, closed] = [new AppendQueue(40), new AppendQueue(10_000), new AppendQueue(100)]
      late('short', short)
      late('long', long)
      late('closed', closed)
      await pause(35)
      expect(answers).toEqual([])
      await pause(20)
      expect(answers).toEqual(['short: the database did not answer in time; repeat the command with the same id'])
      closed.close()
      await pause(9_800)
      expect(answers).toHaveLength(1)
      await pause(500)
      expect(answers.map((answer) => answer.split(':')[0])).toEqual(['short', 'long'])
      for (const one of [short, long]) one.close()
    }))

  it('gives what comes later together again', () => {
    void add('a', 'b')
    queue.takeSingly(1)
    expect([batch(), batch()]).toEqual([['a'], ['b']])
    void add('c', 'd')
    expect(batch()).toEqual(['c', 'd'])
  })

  it('thinks of no append that it may be in the log already', () => {
    void add('a')
    expect(queue.takeBatch()).toMatchObject([{ isUncertain: false, isSettled: false }])
  })
})
