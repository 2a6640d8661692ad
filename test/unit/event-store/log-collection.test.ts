import { BSON } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { isSameAppend, type LogCollection, versionKey } from '../../../src/event-store/log/log-collection.js'
import { logIn } from '../../support/event-store/logs.js'
import { all, Place } from '../../support/event-store/engines.js'

let place: Place
let log: LogCollection
beforeEach(async () => {
  place = await Place.find()
  log = logIn(place.db)
  await log.prepare()
})
afterEach(() => place?.leave())

const append = (_id: number, stream: string, version: number, n = 1): AppendDocument => ({
  _id,
  n,
  stream,
  version,
  at: new Date(1_000 * _id),
  meta: { actor: 'ann', commandId: `${_id}` },
  events: Array.from({ length: n }, () => ({ type: 'Happened', shape: 1, data: {} })),
})
/** Three appends: of one, three and two events. */
const three = [append(1, 'a', 1), append(2, 'b', 1, 3), append(5, 'a', 2, 2)]
const ids = (appends: readonly AppendDocument[]) => appends.map(({ _id }) => _id)

describe('the collection of the log', () => {
  it('has nothing at first', async () => {
    expect(await log.head()).toEqual({ position: 0, at: 0 })
    expect(await log.appendsAfter(0, 10)).toEqual([])
    expect(await log.appendAtOrBefore(5)).toBeUndefined()
    expect([await log.newestVersion('a'), await log.newestOf('a'), await log.firstVersionOfAppend('a', 3)]).toEqual([
      undefined,
      undefined,
      1,
    ])
    for (const found of [log.appendsFrom(1), log.streamForwards('a', 1, true), log.streamBackwards('a', 9, true)])
      expect(await all(found)).toEqual([])
  })

  it('gives back what was put in: from a position on, around a position, and its end', async () => {
    expect(await log.insert(three)).toEqual({ inserted: 3 })
    expect(await log.head()).toEqual({ position: 6, at: 5_000 })
    expect(await log.appendsAfter(0, 10)).toEqual(three)
    expect(ids(await log.appendsAfter(1, 10))).toEqual([2, 5])
    expect(ids(await log.appendsAfter(0, 2))).toEqual([1, 2])
    const raw = await log.rawAppendsAfter(1, 1)
    expect(raw.map((bytes) => BSON.deserialize(bytes))).toMatchObject([{ _id: 2, n: 3 }])
    for (const [position, _id] of [
      [1, 1],
      [2, 2],
      [4, 2],
      [5, 5],
      [9, 5],
    ] as const)
      expect(await log.appendAtOrBefore(position)).toMatchObject({ _id, meta: { actor: 'ann' } })
    expect(await log.glanceAtOrBefore(4)).toEqual({ _id: 2, n: 3, version: 1, at: new Date(2_000) })
    expect(await log.glanceAtEnd()).toBe(6)
    for (const [position, found] of [
      [1, [1, 2, 5]],
      [3, [2, 5]],
      [5, [5]],
    ] as const)
      expect(ids(await all(log.appendsFrom(position)))).toEqual(found)
  })

  it('knows the newest append of a stream, and where each begins', async () => {
    await log.insert(three)
    expect([await log.newestVersion('a'), await log.newestVersion('b'), await log.newestVersion('c')]).toEqual([
      2,
      1,
      undefined,
    ])
    expect(await log.newestOf('a')).toEqual({ _id: 5, n: 2, version: 2 })
    expect(await Promise.all([1, 2, 3, 9].map((version) => log.firstVersionOfAppend('a', version)))).toEqual([
      1, 2, 2, 2,
    ])
    const found = await log.findByVersions([
      three[0]!,
      three[1]!,
      { stream: 'b', version: 2 },
      { stream: 'a', version: 3 },
    ])
    expect([...found]).toEqual(three.slice(0, 2).map((one) => [versionKey(one), one]))
  })

  it('reads a stream in both directions, however long it is', async () => {
    const long = Array.from({ length: 260 }, (_, i) => append(2 * i + 1, 'long', 2 * i + 1, 2))
    await log.insert(long)
    await log.insert([append(521, 'other', 1)])
    expect(await all(log.streamForwards('long', 1, true))).toEqual(long)
    expect(await all(log.appendsFrom(1))).toEqual([...long, append(521, 'other', 1)])
    expect(ids(await all(log.streamForwards('long', 5, true, 3)))).toEqual([5, 7, 9])
    expect(await all(log.streamBackwards('long', Number.MAX_SAFE_INTEGER, true))).toEqual(long.toReversed())
    expect(ids(await all(log.streamBackwards('long', 6, true)))).toEqual([5, 3, 1])
    expect(await all(log.streamForwards('other', 1, false))).toEqual([append(521, 'other', 1)])
    expect(await all(log.streamBackwards('other', 1, false))).toEqual([append(521, 'other', 1)])
  })

  it('asks for the newest few first, and for more only if its reader goes on', async () => {
    await log.insert(Array.from({ length: 260 }, (_, i) => append(i + 1, 'long', i + 1)))
    const asked = jest.spyOn(place.db, 'command')
    const limits = () => asked.mock.calls.flatMap(([{ find, limit }]) => (find === 'log' ? [limit as number] : []))
    let read = 0
    for await (const _ of log.streamBackwards('long', 260, true)) if (++read === 15) break
    expect(limits()).toEqual([20])
    await all(log.streamBackwards('long', 260, true))
    expect(limits().slice(1)).toEqual([20, 100, 100, 100])
  })

  it('reads in the order of the log, in whatever order it was written', async () => {
    await log.insert([append(5, 'a', 5)])
    await log.insert([append(1, 'a', 1), append(2, 'b', 1, 3)])
    expect(ids(await all(log.appendsFrom(1)))).toEqual([1, 2, 5])
    expect(ids(await all(log.streamForwards('a', 1, true)))).toEqual([1, 5])
    expect(ids(await log.appendsAfter(0, 5))).toEqual([1, 2, 5])
  })

  it('lets go of what it reads when its reader stops', async () => {
    await log.insert(Array.from({ length: 260 }, (_, i) => append(i + 1, 'long', i + 1)))
    const here = { ns: `${place.db.databaseName}.log`, type: 'idleCursor' }
    const stages = [{ $currentOp: { idleCursors: true } }, { $match: here }]
    const cursors = async () => (await place.client.db('admin').aggregate(stages).toArray()).length
    for await (const _ of log.streamForwards('long', 1, true)) {
      expect(await cursors()).toBe(1)
      break
    }
    expect(await cursors()).toBe(0)
  })
})

describe('a read from a server that is alone', () => {
  it('makes durable first what is not known to be, once for each position', async () => {
    await log.insert(three)
    /** How often each of these steps asks for it, in a process that knows what it is told. */
    const flushes = async (known: number, steps: ((its: LogCollection) => Promise<unknown>)[]) => {
      const db = place.client.db(place.db.databaseName, { writeConcern: place.db.writeConcern! })
      const asked = jest.spyOn(db, 'command')
      const its = logIn(db)
      its.noteDurable(known)
      const counts: number[] = []
      for (const step of steps) {
        asked.mockClear()
        await step(its)
        counts.push(asked.mock.calls.filter(([{ update }]) => update === 'log').length)
      }
      return counts
    }
    const steps = [
      (its: LogCollection) => its.appendsAfter(0, 1),
      (its: LogCollection) => its.appendsAfter(0, 1),
      (its: LogCollection) => its.appendAtOrBefore(3),
      (its: LogCollection) => its.appendsAfter(1, 1),
      (its: LogCollection) => its.appendsAfter(4, 1),
      (its: LogCollection) => its.head(),
    ]
    expect(await flushes(0, steps)).toEqual([2, 0, 1, 0, 1, 0]) // the first one learns which process the server is
    expect(await flushes(4, steps)).toEqual([1, 0, 0, 0, 1, 0])
    expect(await flushes(6, steps)).toEqual([1, 0, 0, 0, 0, 0])
    const itsOwn = (its: LogCollection) => its.insert([append(7, 'c', 1, 2), append(9, 'd', 1), append(10, 'c', 1)])
    expect(await flushes(6, [itsOwn, (its) => its.appendsAfter(7, 9), (its) => its.head()])).toEqual([0, 1, 0])
  })
})

describe('an insert into the log', () => {
  const inserted = () => log.appendsAfter(0, 10).then(ids)

  it('stops where a position is taken', async () => {
    await log.insert([append(3, 'c', 1)])
    expect(await log.insert([append(2, 'a', 1), append(3, 'b', 1), append(4, 'b', 1)])).toEqual({
      inserted: 1,
      stoppedBy: { taken: 'position' },
    })
    expect(await inserted()).toEqual([2, 3])
  })

  it('stops where a version is taken', async () => {
    await log.insert([append(1, 'a', 1)])
    expect(await log.insert([append(2, 'b', 1), append(3, 'c', 1), append(4, 'a', 1), append(5, 'd', 1)])).toEqual({
      inserted: 2,
      stoppedBy: { taken: 'version' },
    })
    expect(await inserted()).toEqual([1, 2, 3])
  })

  it('stops where the database refuses one', async () => {
    await place.db.command({ collMod: 'log', validator: { n: { $lt: 5 } } })
    const { inserted: count, stoppedBy } = await log.insert([
      append(1, 'a', 1),
      append(2, 'b', 1, 5),
      append(7, 'c', 1),
    ])
    expect([count, await inserted()]).toEqual([1, [1]])
    expect(stoppedBy).toMatchObject({ fault: { code: 121, errmsg: expect.stringContaining('validation') } })
  })

  it('has failed when an election may take it back', async () => {
    const reply = { n: 1, writeConcernError: { errmsg: 'timed out' } }
    const db = Object.assign(place.client.db(place.db.databaseName, { writeConcern: place.db.writeConcern! }), {
      command: async () => reply,
    })
    await expect(logIn(db).insert([append(1, 'a', 1)])).rejects.toThrow('not reached a majority: timed out')
  })

  it('leaves out fields without a value', async () => {
    const { meta, ...one } = append(1, 'a', 1)
    await log.insert([{ ...one, meta: { ...meta, trace: undefined } }])
    expect(Object.keys((await log.appendAtOrBefore(1))!.meta)).toEqual(['actor', 'commandId'])
  })
})

describe('two appends', () => {
  const [one] = three
  it('are the same when they say the same, wherever they are', () => {
    const elsewhere = { ...one!, _id: 7, at: new Date(7) }
    expect(isSameAppend(one!, elsewhere)).toBe(true)
  })
  it.each([
    ['other meta', { meta: { actor: 'ann', commandId: 'other' } }],
    ['other events', { events: [{ type: 'Happened', shape: 1, data: { more: 1 } }] }],
  ])('are not the same with %s', (_, changed) => {
    expect(isSameAppend(one!, { ...one!, ...changed })).toBe(false)
  })
})
