import { z } from 'zod'
import { Binary } from 'mongodb'
import { Catalog, defineEvents } from '../../../src/event-store/catalog.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { LogCollection } from '../../../src/event-store/log/log-collection.js'
import { pause } from '../../../src/event-store/timing.js'
import { macsFromBefore } from '../../support/event-store/logs.js'
import { Random } from '../../support/seeds.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'
import { Connection, noFaults } from '../../support/simulation/connection.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { NotebookLog } from '../../support/simulation/notebook-log.js'
import { MemoryReplicaSet } from '../../support/simulation/replica-set.js'

/** Counts how often the database is asked. */
class CountedLog extends LogCollection {
  readonly asked: number[] = []

  override appendsAfter(position: number, limit: number): Promise<AppendDocument[]> {
    this.asked.push(position)
    return super.appendsAfter(position, limit)
  }
}

const catalog = new Catalog(defineEvents({ Happened: { data: { i: z.number() } } }))
let replicaSet: MemoryReplicaSet
let log: CountedLog
let feed: Feed
beforeEach(() => {
  replicaSet = new MemoryReplicaSet({ log: ['stream', 'version'] })
  log = new CountedLog(databaseOver(new Connection(replicaSet, new Random(1), noFaults)), macsFromBefore())
  feed = new Feed(log, catalog)
})

/** An append of so many events from a position on, with so many bytes in an envelope of each. */
function write(_id: number, n: number, bytes = 0): void {
  const personal = bytes > 0 ? { personal: new Binary(Buffer.alloc(bytes)) } : {}
  const events = Array.from({ length: n }, (_, i) => ({ type: 'Happened', shape: 1, data: { i }, ...personal }))
  const meta = { actor: 'user-ann', commandId: `c-${_id}` }
  const append = { _id, n, stream: `s-${_id}`, version: 1, at: new Date(0), meta, events }
  replicaSet.insert('log', [append], { ordered: true })
  replicaSet.replicate(replicaSet.now)
}
const read = async (after: number) => {
  const { events, ...batch } = await feed.read(after)
  return { ...batch, positions: events.map(({ position }) => position) }
}

describe('a batch of what the process has committed itself', () => {
  const stored = (_id: number) => replicaSet.contents('log', 'local').get(_id) as unknown as AppendDocument
  const add = (...ids: number[]) => feed.add(ids.map(stored))
  const readOn = async (after: number, announced = 0) => {
    const { events, appends, ...batch } = await feed.readOn(after, announced)
    return { ...batch, positions: events.map(({ position }) => position), appends: appends.map(({ _id }) => _id) }
  }

  it('has all events after a position, also inside an append', async () => {
    write(1, 3)
    write(4, 1)
    add(1, 4)
    expect(await readOn(0)).toEqual({ after: 0, to: 4, full: false, positions: [1, 2, 3, 4], appends: [1, 4] })
    expect(await readOn(1)).toEqual({ after: 1, to: 4, full: false, positions: [2, 3, 4], appends: [1, 4] })
    expect(await readOn(3)).toEqual({ after: 3, to: 4, full: false, positions: [4], appends: [4] })
    expect(log.asked).toEqual([])
  })

  it('is read once for all who want it, until there is more', async () => {
    write(1, 1)
    add(1)
    const first = await feed.readOn(0, 0)
    expect(await feed.readOn(0, 0)).toBe(first)
    write(2, 1)
    add(2)
    expect(await readOn(0)).toMatchObject({ to: 2, positions: [1, 2] })
    expect(await readOn(1)).toMatchObject({ to: 2, positions: [2] })
  })

  it('is full with two thousand events', async () => {
    for (let i = 0; i < 5; i++) write(1 + i * 500, 500)
    add(...[0, 1, 2, 3].map((i) => 1 + i * 500))
    expect(await readOn(0)).toMatchObject({ to: 2_000, full: false })
    add(2_001)
    expect(await readOn(0)).toMatchObject({ to: 2_000, full: true })
    expect(await readOn(2_000)).toMatchObject({ to: 2_500, full: false })
  })
})

describe('the end of the log', () => {
  it('is not asked for again for half a second, unless more is announced', () =>
    inSimulatedTime(async (world) => {
      log = new CountedLog(world.db, macsFromBefore())
      feed = new Feed(log, catalog)
      await pause(60_000) // the process runs for a while
      const empty = { after: 0, to: 0, events: [], appends: [], full: false }
      expect(await feed.readOn(0, 0)).toEqual(empty)
      expect([await feed.readOn(0, 0), log.asked.length]).toEqual([empty, 1])
      await feed.readOn(0, 1)
      expect(log.asked).toHaveLength(2)
      await feed.readOn(0, 1)
      expect(log.asked).toHaveLength(2)
      await feed.readOn(7, 1) // another place
      expect(log.asked).toHaveLength(3)
      await pause(480)
      await feed.readOn(7, 1)
      expect(log.asked).toHaveLength(3)
      await pause(40)
      await feed.readOn(7, 1)
      expect(log.asked).toHaveLength(4)
      expect(await feed.read(0)).toEqual(empty)
      expect(log.asked).toHaveLength(5)
    }))

  it('is none where something was found', () =>
    inSimulatedTime(async (world) => {
      const notebooks = new NotebookLog(world)
      const { feed: tail } = notebooks.context
      const event = { type: 'NotebookClosed', data: { notebookId: '1' } }
      await pause(60_000)
      notebooks.append([event])
      expect(await tail.readOn(0, 1)).toMatchObject({ to: 1 })
      notebooks.append([event])
      expect(await tail.readOn(0, 1)).toMatchObject({ to: 2 })
    }))

  it('may be inside an append, or behind the last one', async () => {
    write(1, 3)
    for (const [after, to, positions] of [
      [1, 3, [2, 3]],
      [3, 3, []],
      [4, 4, []],
    ] as const)
      expect(await feed.read(after).then(({ to: end, events }) => [end, events.map((e) => e.position)])).toEqual([
        to,
        positions,
      ])
    expect((await feed.read(3)).appends).toEqual([])
  })
})

describe('a batch of the log', () => {
  it('has all events after a position', async () => {
    write(1, 2)
    write(3, 3)
    expect(await read(0)).toMatchObject({ after: 0, to: 5, full: false, positions: [1, 2, 3, 4, 5] })
    expect(await read(2)).toMatchObject({ after: 2, to: 5, full: false, positions: [3, 4, 5] })
    expect(await read(5)).toMatchObject({ after: 5, to: 5, full: false, positions: [] })
  })

  it('begins inside an append where its reader has stopped', async () => {
    write(1, 3)
    expect(await read(1)).toMatchObject({ to: 3, positions: [2, 3] })
    write(4, 1)
    expect(await read(2)).toMatchObject({ to: 4, positions: [3, 4] })
    expect((await feed.read(2)).appends.map(({ _id }) => _id)).toEqual([1, 4])
  })

  it('says which position is missing', async () => {
    write(1, 2)
    write(4, 1)
    const gap = { code: 'damaged_log', data: { expected: 3, found: 4 } }
    await expect(feed.read(0)).rejects.toMatchObject(gap)
    await expect(feed.read(2)).rejects.toMatchObject(gap)
    await expect(feed.read(1)).rejects.toMatchObject(gap)
  })

  it('is full with two thousand events, or eight mebibytes of envelopes', async () => {
    for (let i = 0; i < 5; i++) write(1 + i * 500, 500)
    expect(await read(0)).toMatchObject({ to: 2_000, full: true })
    expect(await read(2_000)).toMatchObject({ to: 2_500, full: false })
    for (let i = 0; i < 4; i++) write(2_501 + i, 1, 3 * 1024 * 1024)
    expect(await read(2_500)).toMatchObject({ to: 2_503, full: true })
    expect(await read(2_503)).toMatchObject({ to: 2_504, full: false })
  })

  it('is read once for all who want it, and the next one already while they work on a full one', async () => {
    for (let i = 0; i < 5; i++) write(1 + i * 500, 500)
    const [one, other] = await Promise.all([feed.read(0), feed.read(0)])
    expect(other).toBe(one)
    expect(log.asked).toEqual([0, 2_000])
    expect(await feed.read(0)).toBe(one)
    await feed.read(2_000)
    expect(log.asked).toEqual([0, 2_000])
    await feed.read(2_000) // not full: there may be more by now
    expect(log.asked).toEqual([0, 2_000, 2_000])
  })

  it('is read again by one who has heard of more', async () => {
    write(1, 1)
    const [, early] = await Promise.all([feed.read(1), feed.readOn(1, 0)])
    expect(early.to).toBe(1)
    expect(log.asked).toEqual([1])
    await Promise.all([feed.read(1), feed.readOn(1, 2)])
    expect(log.asked).toEqual([1, 1, 1])
    await Promise.all([feed.read(0), feed.readOn(0, 1)])
    expect(log.asked).toEqual([1, 1, 1, 0])
  })

  it('is forgotten when reading has failed', async () => {
    write(2, 1)
    await expect(feed.read(0)).rejects.toMatchObject({ code: 'damaged_log' })
    write(1, 1)
    expect(await read(0)).toMatchObject({ positions: [1, 2] })
  })

  it('is kept for eight places at most', async () => {
    for (let i = 0; i < 30; i++) write(1 + i * 2_000, 2_000)
    for (let i = 0; i < 10; i++) await feed.read(i * 2_000)
    const asked = log.asked.length
    await feed.read(9 * 2_000)
    expect(log.asked).toHaveLength(asked)
    await feed.read(0)
    expect(log.asked[asked]).toBe(0)
  })
})
