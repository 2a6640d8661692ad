import { chatEvents } from '../../../src/chat/chat.js'
import { Channels } from '../../../src/chat/open-reply/channels.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { redisName } from '../../../src/event-store/redis.js'
import { eventually, Place } from '../../support/event-store/engines.js'

let place: Place
const opened: { onModuleDestroy: () => void }[] = []
const engines: Engine[] = []
beforeEach(async () => {
  place = await Place.find()
})
afterEach(async () => {
  for (const one of opened.splice(0)) one.onModuleDestroy()
  engines.length = 0
  await place?.leave()
})

/** The holds of a process of its own, beside others. */
async function process(): Promise<ReplyHolds> {
  const engine = await place.engine({ events: [chatEvents] })
  const channels = new Channels(place.redis)
  const holds = new ReplyHolds(engine, channels, place.redis, place.db)
  opened.push(holds, channels)
  engines.push(engine)
  return holds
}
let announced = 0
/** A process finds out when it announces something. */
const areAlone = (isSo: boolean) =>
  eventually(
    async () =>
      engines.map(({ announcements }) => {
        announcements.announce('something', ++announced)
        return announcements.isAlone
      }),
    (alone) => alone.every((one) => one === isSo),
  )
/** Two processes that know of each other. */
async function twoProcesses(): Promise<[ReplyHolds, ReplyHolds]> {
  const both: [ReplyHolds, ReplyHolds] = [await process(), await process()]
  await areAlone(false)
  return both
}
/** A process that holds a reply and knows of no other; then another one begins. */
async function holdAlone(replyId: string) {
  const here = await process()
  await areAlone(true)
  const release = here.hold(replyId, nothing)
  return { here, release, there: await process() }
}
const nothing = () => {}
const key = (replyId: string) => redisName(place.db, 'running', replyId)

describe('a reply that a process writes', () => {
  it('is known there, and in other processes, until it is released', async () => {
    const [here, there] = await twoProcesses()
    expect([here.isHere('r1'), await there.isHeld('r1')]).toEqual([false, false])
    const release = here.hold('r1', nothing)
    expect([here.isHere('r1'), there.isHere('r1'), await here.isHeld('r1')]).toEqual([true, false, true])
    await eventually(() => there.isHeld('r1'), Boolean)
    expect(await there.isHeld('r2')).toBe(false)
    const ttl = await place.redis.pttl(key('r1'))
    expect(ttl).toBeGreaterThan(6_000)
    expect(ttl).toBeLessThanOrEqual(8_000)
    release(false)
    expect(here.isHere('r1')).toBe(false)
    await eventually(
      () => there.isHeld('r1'),
      (isHeld) => !isHeld,
    )
  })

  it('is kept to itself by a process that is alone', async () => {
    const { here, there, release } = await holdAlone('r1')
    await place.redis.ping()
    expect([await here.isHeld('r1'), await there.isHeld('r1')]).toEqual([true, false])
    release(true)
  })

  it('is told to others all the same when it takes long', async () => {
    const { there, release } = await holdAlone('r1')
    await eventually(() => there.isHeld('r1'), Boolean)
    release(true)
    const isHeld = await eventually(
      () => there.isHeld('r1'),
      (held) => !held,
    )
    expect(isHeld).toBe(false)
  })

  it('can be stopped from anywhere', async () => {
    const [here, there] = await twoProcesses()
    const stopped: string[] = []
    const releases = ['r1', 'r2'].map((replyId) => here.hold(replyId, () => stopped.push(replyId)))
    expect(await here.stop('r1')).toBe(true)
    expect(stopped).toEqual(['r1'])
    await eventually(() => there.stop('r2'), Boolean)
    await eventually(
      async () => stopped,
      (all) => all.includes('r2'),
    )
    expect(stopped[1]).toBe('r2')
    expect([await here.stop('r3'), await there.stop('r3')]).toEqual([false, false])
    for (const release of releases) release(true)
  })

  it('cannot be stopped when its process is gone', async () => {
    const there = await process()
    await place.redis.set(key('r1'), 'a process that has died')
    expect([await there.isHeld('r1'), await there.stop('r1')]).toEqual([true, false])
  })

  it('is nobody’s while Redis is away, as far as others know', async () => {
    const [here, there] = await twoProcesses()
    const away = new Promise((resolve) => place.redis.once('end', resolve))
    place.redis.disconnect()
    await away
    const release = here.hold('r1', nothing)
    expect([await here.isHeld('r1'), await there.isHeld('r1'), await there.stop('r1')]).toEqual([true, false, false])
    release(true)
  })
})

describe('the release of a reply', () => {
  it('is heard, with whether the reply has ended, and remembered if it has', async () => {
    const here = await process()
    const released: [string, boolean][] = []
    here.onRelease((...args) => released.push(args))
    const [first, second] = [here.hold('r1', nothing), here.hold('r2', nothing)]
    first(false)
    second(true)
    second(true) // it is released already
    expect(released).toEqual([
      ['r1', false],
      ['r2', true],
    ])
    expect([here.hasEndedHere('r1'), here.hasEndedHere('r2'), here.hasEndedHere('r3')]).toEqual([false, true, false])
  })

  it('is none when somebody else has begun the reply here since', async () => {
    const here = await process()
    const first = here.hold('r1', nothing)
    const second = here.hold('r1', nothing)
    first(true)
    expect([here.isHere('r1'), here.hasEndedHere('r1')]).toEqual([true, false])
    second(true)
    expect([here.isHere('r1'), here.hasEndedHere('r1')]).toEqual([false, true])
  })

  it('is forgotten after half a minute', async () => {
    const here = await process()
    const now = jest.spyOn(performance, 'now').mockReturnValue(100_000)
    for (const [at, replyId] of [
      [100_000, 'r1'],
      [120_000, 'r2'],
      [129_999, 'r3'],
    ] as const) {
      now.mockReturnValue(at)
      here.hold(replyId, nothing)(true)
    }
    const remembered = () => ['r1', 'r2', 'r3', 'r4'].filter((replyId) => here.hasEndedHere(replyId))
    expect(remembered()).toEqual(['r1', 'r2', 'r3'])
    now.mockReturnValue(130_000)
    here.hold('r4', nothing)(true)
    expect(remembered()).toEqual(['r2', 'r3', 'r4'])
    now.mockRestore()
  })
})
