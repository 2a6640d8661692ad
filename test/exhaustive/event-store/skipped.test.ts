import { digestOf } from '../../../src/event-store/projecting/digest.js'
import type { Engine, EngineOptions } from '../../../src/event-store/engine.js'
import { type Projection, projection } from '../../../src/event-store/projecting/projection.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import type { NotebookEvents, WriterDoc } from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine
/** What operators have decided, as the log would tell it. */
let decided: Set<string>

beforeEach(async () => {
  place = await Place.find()
  decided = new Set()
})
afterEach(() => place?.leave())

const skippedIn: EngineOptions['skippedEvents'] = async (_, name, version) =>
  new Set([...decided].flatMap((one) => (one.startsWith(`${name} ${version} `) ? [Number(one.split(' ')[2])] : [])))

/** Cannot take notes of this name. */
const fussy = (version: number, ...bad: string[]): Projection =>
  projection<WriterDoc, NotebookEvents>('fussy', {
    version,
    on: {
      NoteWritten: {
        key: (e) => e.data.ownerId,
        evolve: (doc, e) => {
          if (bad.includes(e.data.noteId)) throw new Error('not this one')
          return { _id: e.data.ownerId, written: (doc?.written ?? 0) + version }
        },
      },
    },
  })

const opened = (only: Projection, options: Partial<EngineOptions> = {}) =>
  place.engine({ projections: [only], skippedEvents: skippedIn, onError: () => {}, ...options })

async function started(only: Projection): Promise<Engine> {
  const one = await opened(only)
  one.start()
  await one.projections.waitUntilCurrent()
  return one
}
async function write(...notes: string[]): Promise<void> {
  const events = notes.map((noteId) => ({
    type: 'NoteWritten',
    data: { notebookId: '1', noteId, ownerId: 'user-ann' },
    personal: { text: 'Hi' },
  }))
  await engine.store.append({ stream: `notebook-${notes.join()}`, expected: 0, events, meta: command() })
}
const standing = async () => (await engine.projections.statuses())[0]!
const written = async () => (await place.db.collection<WriterDoc>('fussy').findOne({ _id: 'user-ann' }))?.written
/** As an operator does: recorded while it stands failed there, then told. */
async function skip(position: number): Promise<void> {
  const orders = engine.projections.control('fussy')
  await orders.whileFailedAt(position, async (version) => decided.add(`fussy ${version} ${position}`))
  await orders.retry(position, decided.size, false)
}

describe('an event that was skipped', () => {
  it('is left out by the live model and by rebuilds alike, and certificates name it', async () => {
    engine = await started(fussy(1, 'bad'))
    await write('a', 'bad', 'c')
    await eventually(standing, ({ state, error }) => state === 'failed' && error?.position === 2)
    await skip(2)
    await eventually(standing, ({ state, lag }) => state === 'live' && lag.events === 0)
    expect(await written()).toBe(2)
    const live = await engine.projections.certifyLive('fussy')
    const [rebuilt] = await engine.projections.rebuild(['fussy'])
    expect([live.skipped, rebuilt!.skipped]).toEqual([[2], [2]])
    expect([rebuilt!.digest, await digestOf(place.db, 'fussy')]).toEqual([live.digest, live.digest])
  })

  it('is one that a projection stands failed at, and no other', async () => {
    engine = await started(fussy(1, 'bad'))
    await write('a')
    await expect(skip(1)).rejects.toMatchObject({ code: 'not_failed' })
    await write('bad')
    await eventually(standing, ({ state }) => state === 'failed')
    await expect(skip(1)).rejects.toMatchObject({ code: 'not_failed' })
    expect(decided).toEqual(new Set())
  })

  it('may also be one that keeps a newer version from being built', async () => {
    engine = await started(fussy(1))
    await write('a', 'bad', 'c')
    await eventually(written, (count) => count === 3)
    await engine.projections.stop()
    engine = await opened(fussy(2, 'bad'))
    engine.start()
    const { rebuild, version } = await eventually(standing, (at) => at.rebuild?.state === 'failed')
    expect([version, rebuild]).toMatchObject([1, { version: 2, position: 1, error: { position: 2 } }])
    await skip(2)
    await eventually(standing, (at) => at.version === 2 && at.rebuild === undefined)
    expect(decided).toEqual(new Set(['fussy 2 2']))
    expect(await written()).toBe(4)
  })

  it('is none of another version, which may be able to take it', async () => {
    engine = await started(fussy(1, 'bad'))
    await write('a', 'bad', 'c')
    await eventually(standing, ({ state }) => state === 'failed')
    await skip(2)
    await eventually(standing, ({ state, lag }) => state === 'live' && lag.events === 0)
    await engine.projections.stop()
    engine = await started(fussy(2))
    expect(await written()).toBe(6)
  })

  it('ends a rebuild that has taken it', async () => {
    engine = await started(fussy(1, 'bad'))
    await write('a', 'bad', 'c')
    await eventually(standing, ({ state }) => state === 'failed')
    // A process with mended code rebuilds, and cannot know when it begins what will be skipped before it ends.
    const logRoot = async () => {
      if (decided.size === 0) await skip(2)
      return 'r'
    }
    const mended = await opened(fussy(1), { logRoot: () => logRoot })
    await expect(mended.projections.rebuild(['fussy'])).rejects.toMatchObject({ code: 'contended' })
    const [rebuilt] = await mended.projections.rebuild(['fussy'])
    expect(rebuilt!.skipped).toEqual([2])
    expect(await digestOf(place.db, 'fussy')).toBe(rebuilt!.digest)
    expect(await written()).toBe(2)
  })
})

describe('a rebuild', () => {
  it('tells how far it is, and is gone when it is stopped', async () => {
    engine = await started(fussy(1))
    await write('a', 'b')
    await eventually(standing, ({ lag }) => lag.events === 0)
    const stop = new AbortController()
    let begun: unknown
    const onBegun = async () => {
      begun = (await standing()).rebuild
      stop.abort(new Error('enough'))
    }
    await expect(engine.projections.rebuild(['fussy'], { onBegun, signal: stop.signal, cause: 'c1' })).rejects.toThrow(
      'enough',
    )
    expect(begun).toMatchObject({ state: 'running', version: 1, position: 0, cause: 'c1' })
    expect((await standing()).rebuild).toBeUndefined()
    expect(await written()).toBe(2)
  })
})
