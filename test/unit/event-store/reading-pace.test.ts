import { ReadingPace } from '../../../src/event-store/log/reading-pace.js'
import { pause } from '../../../src/event-store/timing.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

const [fast, slow] = [{}, {}]

interface Scene {
  pace: ReadingPace
  /** The fast reader is at 20,000. How long it waits before it may read on, in milliseconds. */
  waits: () => Promise<number>
  /** How long it waits if this happens after 300 ms. */
  waitsUntil: (what: () => unknown) => Promise<number>
  stopping: AbortController
}

const scene = (tell: (scene: Scene) => Promise<void>) => () =>
  inSimulatedTime(async ({ time }) => {
    const pace = new ReadingPace()
    const stopping = new AbortController()
    const waits = async () => {
      const began = time.now
      await pace.keep(fast, 20_000, stopping.signal)
      return time.now - began
    }
    const waitsUntil = async (what: () => unknown) => {
      const waiting = waits()
      await pause(300)
      void what()
      return await waiting
    }
    await tell({ pace, waits, waitsUntil, stopping })
  })

describe('a reader that is behind', () => {
  it.each([
    ['alone', undefined],
    ['behind others', 400_000],
    ['near to others', 8_000],
    ['far before others', -31_000],
  ])('reads on at once when it is %s', (_, at) =>
    scene(async ({ pace, waits, stopping }) => {
      if (at !== undefined) await pace.keep(slow, at, stopping.signal)
      expect(await waits()).toBe(0)
    })(),
  )

  it(
    'waits for one that is close behind it, until that is near, but no longer than one and a half seconds',
    scene(async ({ pace, waits, waitsUntil, stopping }) => {
      await pace.keep(slow, 1_000, stopping.signal)
      expect(await waitsUntil(() => pace.keep(slow, 9_000, stopping.signal))).toBe(300)
      await pace.keep(slow, 1_000, stopping.signal)
      expect(await waits()).toBe(1_500)
    }),
  )

  it(
    'waits no longer for one that has come to the end, or that says nothing for five seconds',
    scene(async ({ pace, waits, waitsUntil, stopping }) => {
      await pace.keep(slow, 1_000, stopping.signal)
      expect(await waitsUntil(() => pace.leave(slow))).toBe(300)
      await pace.keep(slow, 1_000, stopping.signal)
      await pause(5_001)
      expect(await waits()).toBe(0)
    }),
  )

  it(
    'ends with its work',
    scene(async ({ pace, waitsUntil, stopping }) => {
      await pace.keep(slow, 1_000, stopping.signal)
      expect(await waitsUntil(() => stopping.abort())).toBeLessThanOrEqual(400)
    }),
  )
})
