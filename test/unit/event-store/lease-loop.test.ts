import { Lease, LeaseLost } from '../../../src/event-store/projecting/lease.js'
import { LeaseLoop, type LeaseLoopOptions } from '../../../src/event-store/projecting/lease-loop.js'
import { pause } from '../../../src/event-store/timing.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'

interface Scene {
  mine: Lease
  yours: Lease
  /** What has happened so far, and when. */
  story: string[]
  loop: (options?: Partial<LeaseLoopOptions>) => LeaseLoop
}

const scene =
  (play: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async ({ db }) => {
      const [mine, yours] = [new Lease(db, 'reader', 'me'), new Lease(db, 'reader', 'you')]
      await mine.ensure(1)
      const story: string[] = []
      const loop = (options: Partial<LeaseLoopOptions> = {}) =>
        new LeaseLoop(mine, {
          acquire: () => mine.acquire(),
          askAgainMs: 100,
          keepAlive: true,
          work: async ({ owner }, signal) => {
            story.push(`${owner} begins`)
            await pause(60_000, signal)
            story.push(`${owner} ends`)
          },
          onFailure: (error) => {
            story.push(String(error))
            return 100
          },
          ...options,
        })
      await play({ mine, yours, story, loop })
    })

describe('work under a lease', () => {
  it(
    'is done while the lease is held, which is released in the end',
    scene(async ({ mine, yours, story, loop }) => {
      const working = loop()
      working.start()
      await pause(10_000)
      expect(story).toEqual(['me begins'])
      expect(await yours.acquire()).toBeNull()
      await working.stop()
      expect(story).toEqual(['me begins', 'me ends'])
      expect(await mine.read()).not.toHaveProperty('owner')
    }),
  )

  it(
    'waits until another process gives the lease back',
    scene(async ({ yours, story, loop }) => {
      await yours.acquire()
      const working = loop()
      working.start()
      await pause(1_000)
      expect(story).toEqual([])
      await yours.release()
      await pause(200)
      expect(story).toEqual(['me begins'])
      await working.stop()
    }),
  )

  it(
    'renews the lease itself where no timer does',
    scene(async ({ yours, loop }) => {
      const working = loop({ keepAlive: false })
      working.start()
      await pause(4_000)
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
      await working.stop()
      expect(await yours.renew()).toMatchObject({ owner: 'you' })
    }),
  )

  it(
    'is done again when it has ended or failed, after the wait that its failure asks for',
    scene(async ({ story, loop }) => {
      const failures: unknown[] = []
      const work = async () => {
        story.push(`${failures.length}`)
        await pause(10)
        throw new LeaseLost()
      }
      const onFailure = async (error: unknown) => {
        failures.push(error)
        return failures.length === 3 ? 60_000 : 10
      }
      const working = loop({ work, onFailure })
      working.start()
      await pause(10_000)
      expect(story).toEqual(['0', '1', '2'])
      expect(failures).toEqual([new LeaseLost(), new LeaseLost(), new LeaseLost()])
      await working.stop()
    }),
  )

  it(
    'no longer renews a lease when it has failed',
    scene(async ({ yours, loop }) => {
      const work = async () => {
        throw new Error('no')
      }
      const working = loop({ work, onFailure: () => 60_000 })
      working.start()
      await pause(4_000)
      expect(await yours.acquire()).toMatchObject({ owner: 'you' })
      await working.stop()
    }),
  )

  it(
    'does not begin when it is stopped first',
    scene(async ({ story, loop }) => {
      const working = loop()
      await working.stop()
      working.start()
      await pause(1_000)
      expect(story).toEqual([])
    }),
  )
})
