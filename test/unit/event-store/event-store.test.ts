import type { AppendDocument } from '../../../src/event-store/event.js'
import { VersionConflict } from '../../../src/event-store/errors.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { headerOf } from '../../../src/event-store/sealing/envelope.js'
import { LogCollection } from '../../../src/event-store/log/log-collection.js'
import { all, command, Place } from '../../support/event-store/engines.js'
import { type NotebookEvent, notebookEvents } from '../../support/event-store/notebooks.js'
import { storedAppends } from '../../support/event-store/stored-appends.js'
import { expectOneOrderWithoutGaps } from '../../support/event-store/one-order.js'

let place: Place
let engine: Engine

beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
})
afterEach(() => place?.leave())

const opened = (notebookId: string): NotebookEvent => ({
  type: 'NotebookOpened',
  data: { notebookId, ownerId: 'user-ann' },
  personal: { title: 'Diary' },
})
const written = (noteId: string, text = 'Dear diary'): NotebookEvent => ({
  type: 'NoteWritten',
  data: { notebookId: 'n', noteId, ownerId: 'user-ann' },
  personal: { text },
})
const append = (stream: string, expected: number, ...events: NotebookEvent[]) =>
  engine.store.append({ stream, expected, events, meta: command() })

describe('the event store', () => {
  it('gives events back as they were appended, with their place', async () => {
    const first = await append('notebook-1', 0, opened('1'), written('a'))
    const second = await append('notebook-1', 2, written('b'))
    expect([first, second]).toMatchObject([
      { position: 2, version: 2 },
      { position: 3, version: 3 },
    ])
    const events = await all(engine.store.readStream('notebook-1'))
    expect(events).toMatchObject([
      {
        type: 'NotebookOpened',
        position: 1,
        version: 1,
        stream: 'notebook-1',
        data: { notebookId: '1' },
        meta: { actor: 'user-ann' },
      },
      { type: 'NoteWritten', position: 2, version: 2, data: { noteId: 'a' } },
      { type: 'NoteWritten', position: 3, version: 3, data: { noteId: 'b' } },
    ])
    expect(await engine.vault.open(events[1]!.personal!)).toMatchObject({ personal: { text: 'Dear diary' } })
    expect(await engine.store.head()).toBe(3)
  })

  it('reads from the middle of an append, backwards, and without what is personal', async () => {
    await append('notebook-1', 0, opened('1'), written('a'), written('b'), written('c'))
    await append('notebook-2', 0, opened('2'))
    await append('notebook-1', 4, written('d'))
    const versions = async (range: object) =>
      (await all(engine.store.readStream('notebook-1', range))).map(({ version }) => version)
    expect(await versions({ from: 3 })).toEqual([3, 4, 5])
    expect(await versions({ backwards: true })).toEqual([5, 4, 3, 2, 1])
    expect(await versions({ backwards: true, from: 3 })).toEqual([3, 2, 1])
    expect((await all(engine.store.readAll({ after: 2 }))).map(({ position }) => position)).toEqual([3, 4, 5, 6])
    for (const event of await all(engine.store.readStream('notebook-1', { withoutPersonal: true })))
      expect(event).not.toHaveProperty('personal')
  })

  it('reads what was appended after a version, all of it or some appends', async () => {
    await append('notebook-1', 0, opened('1'), written('a'))
    await append('notebook-1', 2, written('b'))
    await append('notebook-1', 3, written('c'), written('d'))
    const versions = async (range: object) =>
      (await all(engine.store.readStream('notebook-1', range))).map(({ version }) => version)
    expect(await versions({ after: 0 })).toEqual([1, 2, 3, 4, 5])
    expect(await versions({ after: 2 })).toEqual([3, 4, 5])
    expect(await versions({ after: 2, appends: 1 })).toEqual([3])
    expect(await versions({ after: 5 })).toEqual([])
    expect(await versions({ backwards: true, from: 4 })).toEqual([4, 3, 2, 1])
    expect((await all(engine.store.readAll())).map(({ position }) => position)).toEqual([1, 2, 3, 4, 5])
    expect((await all(engine.store.readAll({ after: 4 }))).map(({ position }) => position)).toEqual([5])
  })

  it('asks where an append begins only where it may be read from its middle', async () => {
    await append('notebook-1', 0, opened('1'), written('a'))
    const asked = jest.spyOn(LogCollection.prototype, 'firstVersionOfAppend')
    for (const range of [{}, { after: 1 }, { backwards: true }, { backwards: true, from: 1 }])
      await all(engine.store.readStream('notebook-1', range))
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  it('knows the end of a stream', async () => {
    expect([await engine.store.newestVersion('notebook-1'), await engine.store.endOf('notebook-1')]).toEqual([
      undefined,
      undefined,
    ])
    await append('notebook-1', 0, opened('1'))
    await append('notebook-1', 1, written('a'), written('b'))
    expect(await engine.store.newestVersion('notebook-1')).toBe(2)
    expect(await engine.store.endOf('notebook-1')).toEqual({ version: 2, position: 3 })
  })

  it('seals what is personal for its place in the stream, and nothing else', async () => {
    await append('notebook-1', 0, opened('1'))
    await append('notebook-1', 1, written('a'), { type: 'NotebookClosed', data: { notebookId: '1' } }, written('b'))
    const events = await all(engine.store.readStream('notebook-1'))
    const sealed = events.map(({ personal }) => personal && headerOf(personal))
    expect(sealed).toMatchObject([
      { stream: 'notebook-1', version: 1, type: 'NotebookOpened', shape: 1 },
      { stream: 'notebook-1', version: 2, type: 'NoteWritten', shape: 1 },
      undefined as never,
      { stream: 'notebook-1', version: 4 },
    ])
    const [, { events: stored }] = (await storedAppends(place.db)) as [AppendDocument, AppendDocument]
    expect(stored[1]).toEqual({ type: 'NotebookClosed', shape: 1, data: { notebookId: '1' } })
  })

  it('gives a stream its key when it begins, and no second one', async () => {
    await append('notebook-1', 0, opened('1'))
    await engine.vault.destroy('notebook-1', new Date())
    for (const expected of [0, 1])
      await expect(append('notebook-1', expected, written('a'))).rejects.toMatchObject({ code: 'erased' })
  })

  it('tells a caller whose version is taken, and only that one, also within a batch', async () => {
    await append('notebook-1', 0, opened('1'))
    const outcomes = await Promise.all([
      append('notebook-2', 0, opened('2')),
      append('notebook-1', 0, opened('1')),
      append('notebook-1', 1, written('a')),
      append('notebook-1', 1, written('b')),
      append('notebook-3', 0, opened('3')),
    ])
    expect(outcomes.map((outcome) => outcome instanceof VersionConflict)).toEqual([false, true, false, true, false])
    await expectOneOrderWithoutGaps(place.db)
  })

  it.each([
    ['an undeclared type', { type: 'NoteBurnt', data: {} }, 'unknown_event'],
    ['an undeclared property', { type: 'NotebookClosed', data: { notebookId: '1', why: 'x' } }, 'not_encodable'],
    ['half a surrogate pair in public', { type: 'NotebookClosed', data: { notebookId: '\ud83d' } }, 'not_encodable'],
    ['half a surrogate pair in private', { ...written('a'), personal: { text: '\ud83d' } }, 'not_encodable'],
    ['too many bytes', written('a', 'x'.repeat(5_000_000)), 'too_large'],
    ['too many public bytes', { type: 'NotebookClosed', data: { notebookId: 'x'.repeat(5_000_000) } }, 'too_large'],
  ])('refuses an append with %s alone, before it joins a batch', async (_, bad, code) => {
    const outcomes = await Promise.allSettled([
      append('notebook-1', 0, opened('1')),
      append('notebook-2', 0, opened('2'), bad as NotebookEvent),
      append('notebook-3', 0, opened('3')),
    ])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code } },
      { status: 'fulfilled' },
    ])
    expect((await expectOneOrderWithoutGaps(place.db)).map(({ stream }) => stream)).toEqual([
      'notebook-1',
      'notebook-3',
    ])
  })

  it('refuses an append without events, and one with too many', async () => {
    const many = Array.from({ length: 501 }, (_, i) => written(`${i}`))
    for (const events of [[], many]) {
      const message = `an append has 1 to 500 events, this one ${events.length}`
      await expect(append('notebook-1', 0, ...events)).rejects.toMatchObject({ code: 'too_large', message })
    }
    const large = [1, 2, 3].map((i) => written(`${i}`, 'x'.repeat(1_500_000)))
    const message = expect.stringMatching(/^an append has at most 4194304 bytes, this one 450\d{4}$/)
    await expect(append('notebook-2', 0, ...large)).rejects.toMatchObject({ code: 'too_large', message })
    const refusal = await append('notebook-2', 0, ...large).then(String, (error: Error) => error.message)
    const over = Number(/this one (\d+)$/.exec(refusal)![1]) - 4_194_304
    const fitting = (more: string) => [written('1', 'x'.repeat(1_500_000 - over) + more), ...large.slice(1)]
    await expect(append('notebook-2', 0, ...fitting('x'))).rejects.toMatchObject({ code: 'too_large' })
    expect(await append('notebook-2', 0, ...fitting(''))).toMatchObject({ position: 3 })
    expect(await append('notebook-1', 0, ...many.slice(1))).toMatchObject({ position: 503 })
  })

  it('keeps one order without gaps while several processes append at once', async () => {
    const engines = [engine, await place.engine(), await place.engine()]
    const won: number[] = []
    await Promise.all(
      engines.flatMap((each, e) =>
        Array.from({ length: 8 }, async (_, w) => {
          for (let i = 0; i < 25; i++) {
            const own = await each.store.append({
              stream: `own-${e}-${w}`,
              expected: i * 2,
              events: [written(`${i}`), written(`${i}!`)],
              meta: command(),
            })
            expect(own).not.toBeInstanceOf(VersionConflict)
            const contested = await each.store.append({
              stream: 'contested',
              expected: won.length,
              events: [written('x')],
              meta: command(),
            })
            if (!(contested instanceof VersionConflict)) won.push(contested.version)
          }
        }),
      ),
    )
    const log = await expectOneOrderWithoutGaps(place.db)
    expect(log.filter(({ stream }) => stream === 'contested')).toHaveLength(won.length)
    expect(log.reduce((sum, { n }) => sum + n, 0)).toBe(3 * 8 * 25 * 2 + won.length)
  })

  it('never goes back in time, even when a clock does', async () => {
    await append('notebook-1', 0, opened('1'))
    const ahead = new Date(Date.now() + 60_000)
    const [first] = await storedAppends(place.db)
    await place.db
      .collection<AppendDocument>('log')
      .replaceOne({ _id: 1 }, engine.log.withMac({ ...first!, at: ahead }))
    const told: string[] = []
    const other = await place.engine({ onError: (where, error) => void told.push(`${where}: ${String(error)}`) })
    await other.store.append({ stream: 'notebook-1', expected: 1, events: [written('a')], meta: command() })
    const log = await expectOneOrderWithoutGaps(place.db)
    expect(log[1]!.at).toEqual(ahead)
    expect(told).toEqual([expect.stringMatching(/^clock: .* is \d+ s ahead of the database's clock$/)])
  })

  it('goes on appending when Redis is away', async () => {
    place.redis.disconnect()
    const alone = await place.engine()
    for (let i = 0; i < 5; i++) {
      const outcomes = await Promise.all(
        [engine, alone].map((each, e) =>
          each.store.append({ stream: `s-${e}`, expected: i, events: [written(`${i}`)], meta: command() }),
        ),
      )
      expect(outcomes.some((outcome) => outcome instanceof VersionConflict)).toBe(false)
    }
    await expectOneOrderWithoutGaps(place.db)
  })

  it('believes no head from Redis that the log does not have', async () => {
    await append('notebook-1', 0, opened('1'))
    const scope = `verbatim:${place.db.databaseName}`
    await place.redis.rpush(`${scope}:turn`, '0 an-old-process 5000 0')
    const [a, b] = [await place.engine(), await place.engine()]
    for (let i = 0; i < 20; i++) {
      await Promise.all(
        [a, b].map((each, e) =>
          each.store.append({ stream: `s-${e}`, expected: i, events: [written(`${i}`)], meta: command() }),
        ),
      )
    }
    expect(await engine.store.head()).toBe(41)
    await expectOneOrderWithoutGaps(place.db)
  })
})

describe('the boot', () => {
  it('stops when the log may hold a type that this build does not know', async () => {
    await append('notebook-1', 0, opened('1'))
    const { NotebookOpened: _, ...rest } = notebookEvents
    await expect(place.engine({ events: [rest] })).rejects.toMatchObject({
      code: 'unknown_event',
      data: { type: 'NotebookOpened' },
    })
    const { NoteTornOut: __, ...withoutUnused } = notebookEvents
    await place.engine({ events: [withoutUnused] })
  })

  it('stops when the log may hold a newer shape than this build knows', async () => {
    const types = place.db.collection<{ _id: string; shape: number }>('event_types')
    await types.updateOne({ _id: 'NoteWritten' }, { $set: { shape: 2 } })
    await expect(place.engine()).rejects.toMatchObject({
      code: 'newer_event',
      message: expect.stringContaining('knows shapes up to 1'),
      data: { type: 'NoteWritten', shape: 2 },
    })
  })

  it('goes on without a type that no event has, and remembers that a newer build may write it', async () => {
    await append('notebook-1', 0, opened('1'))
    const types = () => place.db.collection<{ _id: string }>('event_types')
    await types().insertOne({ _id: 'Forgotten', shape: 7 } as never)
    await place.engine()
    expect(await types().distinct('_id')).toEqual(['Forgotten', ...Object.keys(notebookEvents)].sort())
    await expect(place.engine({ events: [] })).rejects.toMatchObject({
      code: 'unknown_event',
      message: expect.stringContaining('does not know it'),
    })
    await place.db.collection('log').deleteMany({})
    await place.engine({ events: [] })
    expect(await types().distinct('_id')).toEqual(['Forgotten', ...Object.keys(notebookEvents)].sort())
  })

  it('stops with the wrong master key', async () => {
    await expect(place.engine({ masterKeys: { current: masterKey(Buffer.alloc(32, 1)) } })).rejects.toMatchObject({
      code: 'unknown_master_key',
    })
  })
})
