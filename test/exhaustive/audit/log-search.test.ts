import { LogScan } from '../../../src/audit/history/log-scan.js'
import { LogSearch } from '../../../src/audit/history/log-search.js'
import { positionOf } from '../../../src/audit/history/event-selection.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { chance } from '../../support/chance.js'
import { all, Place } from '../../support/event-store/engines.js'

const streams = ['chat-a', 'chat-b', 'chat-rare']

/** A log of appends of one to five events in some streams, in which several share a millisecond. */
async function logOf(place: Place, engine: Engine, seed: number, appends: number): Promise<AppendDocument[]> {
  const pick = chance(seed)
  const versions = new Map<string, number>()
  const log: AppendDocument[] = []
  for (let [_id, time] = [1, Date.UTC(2026, 0, 1)]; log.length < appends;) {
    const n = pick(5) + 1
    const stream = pick(50) === 0 ? 'chat-rare' : streams[pick(2)]!
    const version = (versions.get(stream) ?? 0) + 1
    const events = Array.from({ length: n }, (_, i) => ({
      type: pick(300) === 0 ? 'Rare' : 'Usual',
      shape: 1,
      data: { ownerId: pick(2) ? 'ann' : 'bob', i },
    }))
    log.push({
      _id,
      n,
      stream,
      version,
      at: new Date(time),
      meta: { actor: `actor-${pick(3)}`, commandId: `${_id}` },
      events,
    })
    versions.set(stream, version + n - 1)
    ;[_id, time] = [_id + n, time + (pick(3) === 0 ? pick(20) : 0)]
  }
  if (log.length > 0)
    await place.db.collection<AppendDocument>('log').insertMany(log.map((append) => engine.log.withMac(append)))
  return log
}

describe.each([1, 2])('in a log (story %i)', (seed) => {
  let place: Place
  let places: LogSearch
  let history: LogScan
  let log: AppendDocument[]
  let events: { position: number; stream: string; version: number; at: Date; type: string; actor: string }[]

  beforeAll(async () => {
    place = await Place.find()
    const engine = await place.engine()
    places = new LogSearch(engine)
    history = new LogScan(engine, places)
    log = await logOf(place, engine, seed, 3_000)
    events = log.flatMap(({ _id, stream, version, at, meta, events: inside }) =>
      inside.map(({ type }, i) => ({ position: _id + i, stream, version: version + i, at, type, actor: meta.actor })),
    )
  })
  afterAll(() => place?.leave())

  it('every time is found where it is', async () => {
    const pick = chance(seed + 100)
    const [first, last] = [events[0]!.at.getTime(), events.at(-1)!.at.getTime()]
    const times = [0, first - 1, first, last, last + 1, ...Array.from({ length: 20 }, () => first + pick(last - first))]
    for (const time of times) {
      const expected = events.findLast(({ at }) => at.getTime() <= time)?.position ?? 0
      expect([time, await places.positionAt(new Date(time))]).toEqual([time, expected])
    }
  })

  it('every stream is found as it was at every position', async () => {
    const pick = chance(seed + 200)
    const positions = [0, 1, 2, 3, 4, 5, events.length, ...Array.from({ length: 20 }, () => pick(events.length) + 1)]
    for (const stream of [...streams, 'chat-none']) {
      for (const position of positions) {
        const expected = events.findLast((event) => event.stream === stream && event.position <= position)?.version ?? 0
        expect([stream, position, await places.versionAt(stream, position)]).toEqual([stream, position, expected])
      }
      expect(await places.firstPositionOf(stream)).toBe(events.find((event) => event.stream === stream)?.position)
    }
  })

  it('whatever is wanted is found, in order, and nothing else', async () => {
    const pick = chance(seed + 300)
    const wanted = [
      {},
      { type: 'Rare' },
      { stream: 'chat-a' },
      { stream: 'chat-rare' },
      { stream: 'chat-b', type: 'Rare' },
      { actor: 'actor-1' },
      { actor: 'actor-2', type: 'Rare', stream: 'chat-a' },
    ]
    for (const { type, stream, actor } of wanted as { type?: string; stream?: string; actor?: string }[]) {
      for (let i = 0; i < 4; i++) {
        const [from, upTo] = [pick(events.length) + 1, pick(events.length) + 1].sort((a, b) => a - b) as [
          number,
          number,
        ]
        const stretches = await all(
          history.read({ types: type === undefined ? undefined : [type], stream, actor, from, upTo }),
        )
        const expected = events.filter(
          (event) =>
            event.position >= from &&
            event.position <= upTo &&
            (!type || event.type === type) &&
            (!stream || event.stream === stream) &&
            (!actor || event.actor === actor),
        )
        expect(stretches.flatMap(({ events: found }) => found.map(positionOf))).toEqual(
          expected.map(({ position }) => position),
        )
        const ends = stretches.map(({ to }) => to)
        expect(ends).toEqual([...ends].sort((a, b) => a - b))
        for (const { events: found, to } of stretches)
          expect(Math.max(0, ...found.map(positionOf))).toBeLessThanOrEqual(to)
        expect(stream ?? ends.at(-1)).toBe(stream ?? upTo) // a stream may end earlier
      }
    }
  })
})

it('there is nothing in an empty log', async () => {
  const place = await Place.find()
  const engine = await place.engine()
  const places = new LogSearch(engine)
  expect(await places.positionAt(new Date())).toBe(0)
  expect(await places.versionAt('chat-a', 5)).toBe(0)
  expect(await all(new LogScan(engine, places).read({ from: 1, upTo: 0 }))).toEqual([])
  await place.leave()
})
