import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { Announcements } from '../../../src/event-store/log/announcements.js'
import { eventually } from '../../support/event-store/engines.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'

const long = 60_000
const took = async (work: Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work
  return performance.now() - began
}

describe('an announcement in one process', () => {
  it('ends the waits that it concerns, and is remembered', async () => {
    const announcements = silentAnnouncements()
    announcements.announce('log', 5)
    expect([announcements.highestOf('log'), announcements.highestOf('other')]).toEqual([5, 0])
    await announcements.waitAbove('log', 4, long)
    let isOver = false
    const waiting = announcements.waitAbove('log', 6, long).then(() => (isOver = true))
    for (const [name, number] of [
      ['log', 6],
      ['other', 9],
      ['log', 3],
    ] as const)
      announcements.announce(name, number)
    await new Promise(setImmediate)
    expect([isOver, announcements.highestOf('log')]).toEqual([false, 6])
    announcements.announce('log', 7)
    await waiting
    announcements.close()
  })

  it('is not waited for longer than asked, nor after the waiter has stopped', async () => {
    const announcements = silentAnnouncements()
    const stopping = new AbortController()
    expect(await took(announcements.waitAbove('log', 0, 30))).toBeGreaterThan(25)
    const waiting = announcements.waitAbove('log', 0, long, stopping.signal)
    stopping.abort()
    await waiting
    expect(await took(announcements.waitAbove('log', 0, long, stopping.signal))).toBeLessThan(5_000)
    announcements.close()
  })

  it('may be that something else has changed', async () => {
    const announcements = silentAnnouncements()
    const waiting = announcements.waitAbove('log', 0, long)
    announcements.interruptWaits('log')
    await waiting
    expect(announcements.highestOf('log')).toBe(0)
    announcements.close()
  })
})

describe('an announcement', () => {
  let redis: Redis
  let here: Announcements
  let there: Announcements
  let listeners: () => Promise<unknown>
  beforeEach(async () => {
    redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
    const channel = randomUUID()
    listeners = async () => (await redis.pubsub('NUMSUB', channel))[1]
    ;[here, there] = [new Announcements(redis, channel), new Announcements(redis, channel)]
    here.listen()
    there.listen()
    await eventually(listeners, (count) => count === 2)
  })
  afterEach(() => {
    here?.close()
    there?.close()
    redis?.disconnect()
  })

  it('reaches other processes', async () => {
    const waiting = there.waitAbove('log', 41, long)
    here.announce('log', 42)
    await waiting
    expect([there.highestOf('log'), there.highestOf('other')]).toEqual([42, 0])
  })

  it('reaches them also without a number', async () => {
    const waiting = there.waitAbove('log', 0, long)
    here.interruptWaits('log')
    await waiting
    expect(there.highestOf('log')).toBe(0)
  })

  it('reaches nobody who has closed', async () => {
    there.close()
    await eventually(listeners, (count) => count === 1)
    here.announce('log', 42)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(there.highestOf('log')).toBe(0)
  })
})
