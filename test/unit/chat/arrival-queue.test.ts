import { ArrivalQueue } from '../../../src/chat/replies/stream/arrival-queue.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

describe('what has arrived for a reader', () => {
  it('is taken all at once, and only once', () =>
    inSimulatedTime(async ({ time }) => {
      const queue = new ArrivalQueue<number>()
      queue.add(1)
      queue.add(2)
      expect([await queue.take(1_000), time.now]).toEqual([[1, 2], 0])
      expect([await queue.take(1_000), time.now]).toEqual([[], 1_000])
    }))

  it('is taken as soon as there is something, or when the reader is woken', () =>
    inSimulatedTime(async ({ time }) => {
      const queue = new ArrivalQueue<number>()
      setTimeout(() => queue.add(1), 300)
      expect([await queue.take(1_000), time.now]).toEqual([[1], 300])
      setTimeout(() => queue.wake(), 300)
      expect([await queue.take(1_000), time.now]).toEqual([[], 600])
      queue.wake() // nobody waits
      expect([await queue.take(1_000), time.now]).toEqual([[], 1_600])
    }))
})
