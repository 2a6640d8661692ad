import { getEventListeners } from 'node:events'
import { Announcements } from '../../../src/event-store/log/announcements.js'
import { pause } from '../../../src/event-store/timing.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'
import { MemoryRedis } from '../../support/simulation/memory-redis.js'

interface Scene {
  redis: MemoryRedis
  here: Announcements
  /** Another process, when it begins to listen. */
  another: () => Promise<Announcements>
}

/** One process that listens for announcements. */
const scene =
  (tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async () => {
      const redis = new MemoryRedis()
      const opened: Announcements[] = []
      const open = async () => {
        const one = new Announcements(redis.asRedis, 'wake')
        opened.push(one)
        one.listen()
        await pause(10)
        return one
      }
      await tell({ redis, here: await open(), another: open })
      for (const one of opened) one.close()
    })

describe('what is announced between processes', () => {
  it(
    'goes as one message, with the highest number of each name',
    scene(async ({ redis, here, another }) => {
      const there = await another()
      redis.published.length = 0
      for (const [name, number] of [
        ['log', 1],
        ['projected:notes', 1],
        ['log', 3],
        ['log', 2],
      ] as const)
        here.announce(name, number)
      await pause(10)
      expect(redis.published).toEqual(['log 3\nprojected:notes 1'])
      expect([there.highestOf('log'), there.highestOf('projected:notes')]).toEqual([3, 1])
    }),
  )

  it(
    'goes once, and is passed on by nobody',
    scene(async ({ redis, here, another }) => {
      const there = await another()
      redis.published.length = 0
      here.announce('log', 3)
      await pause(10)
      for (const one of [here, there]) one.announce('log', 3)
      await pause(10)
      here.announce('log', 4)
      await pause(10)
      expect(redis.published).toEqual(['log 3', 'log 4'])
    }),
  )

  it(
    'is not sent while nobody else listens, but for a message now and then',
    scene(async ({ redis, here }) => {
      expect([redis.published, here.isAlone]).toEqual([['hello'], true])
      redis.published.length = 0
      for (let i = 1; i <= 9; i++) {
        here.announce('log', i)
        here.announce(`name ${i % 2}`, i)
        await pause(100)
      }
      expect([redis.published, here.isAlone]).toEqual([[], true])
      await pause(200)
      expect(here.isAlone).toBe(false)
      here.announce('log', 10)
      await pause(10)
      expect(redis.published).toEqual(['log 10\nname 1 9\nname 0 8'])
      expect(here.isAlone).toBe(true)
    }),
  )

  it(
    'is told to a process that has just begun to listen, with what was not sent before',
    scene(async ({ redis, here, another }) => {
      here.announce('projected:notes', 4)
      await pause(10)
      const there = await another()
      expect([here.isAlone, there.isAlone]).toEqual([false, false])
      redis.published.length = 0
      here.announce('log', 5)
      await pause(10)
      expect(redis.published).toEqual(['projected:notes 4\nlog 5'])
      expect([there.highestOf('projected:notes'), there.highestOf('log')]).toEqual([4, 5])
    }),
  )

  it(
    'ends the waits of others, also without a number, and only those under its name',
    scene(async ({ here, another }) => {
      const there = await another()
      const ended: string[] = []
      for (const name of ['log', 'other']) void there.waitAbove(name, 0, 60_000).then(() => ended.push(name))
      here.interruptWaits('log')
      await pause(10)
      expect([ended, there.interruptions, here.interruptions]).toEqual([['log'], 1, 2]) // we hear ourselves, too
      expect(there.highestOf('log')).toBe(0)
    }),
  )

  it(
    'stays in the process while Redis is away',
    scene(async ({ redis, here }) => {
      await pause(2_000)
      redis.published.length = 0
      redis.status = 'reconnecting'
      here.announce('log', 1)
      here.interruptWaits('log')
      await pause(10)
      expect([here.highestOf('log'), redis.published]).toEqual([1, []])
      redis.status = 'ready'
      jest.spyOn(redis, 'publish').mockRejectedValueOnce(new Error('gone'))
      here.announce('log', 2)
      await pause(10)
      here.announce('log', 3)
      await pause(10)
      expect(redis.published).toEqual(['log 3'])
    }),
  )

  it('is not asked for by a process that could not begin to listen', () =>
    inSimulatedTime(async () => {
      const redis = new MemoryRedis()
      jest.spyOn(redis, 'duplicate').mockImplementation(() => {
        const own = new MemoryRedis(redis)
        return Object.assign(own, { subscribe: () => Promise.reject(new Error('no')) })
      })
      const here = new Announcements(redis.asRedis, 'wake')
      here.listen()
      await pause(10)
      expect(redis.published).toEqual([])
      here.close()
    }))

  it(
    'wakes nobody after the end',
    scene(async ({ here, another }) => {
      const there = await another()
      let isOver = false
      void there.waitAbove('log', 0, 60_000).then(() => (isOver = true))
      there.close()
      here.announce('log', 1)
      await pause(100)
      expect([isOver, there.highestOf('log')]).toEqual([false, 0])
    }),
  )
})

describe('a wait for an announcement', () => {
  it(
    'leaves nothing behind when it has ended',
    scene(async ({ here }) => {
      const { signal } = new AbortController()
      const waiting = here.waitAbove('log', 0, 60_000, signal)
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      here.announce('log', 1)
      await waiting
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }),
  )
})
