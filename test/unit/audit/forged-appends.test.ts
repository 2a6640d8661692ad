import { exportLines } from '../../../src/audit/export/export-lines.js'
import { LogScan } from '../../../src/audit/history/log-scan.js'
import { LogSearch } from '../../../src/audit/history/log-search.js'
import { verifyLog } from '../../../src/audit/verification/verify-log.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { AppendDocument, RecordedEvent } from '../../../src/event-store/event.js'
import type { Reactor } from '../../../src/event-store/projecting/reactor.js'
import { SignedLog } from '../../support/audit/signed-log.js'
import { all, command, eventually } from '../../support/event-store/engines.js'
import { notebook, notebooks, open, write } from '../../support/event-store/notebooks.js'

let log: SignedLog
beforeEach(async () => {
  log = await SignedLog.begin()
})
afterEach(() => log?.end())

/** As somebody with a driver and nothing else writes it: a copy of a real append, changed. */
const forged = async (change: Partial<AppendDocument>) => ({ ...(await log.appendAt(1)), ...change })
const grant = { type: 'NotebookOpened', shape: 1, data: { notebookId: 'n-0', ownerId: 'user-eve' } }

const errorOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code?: string; data?: object; position?: number }) => error,
  )
const damaged = (position: number) => ({ code: 'damaged_log', data: { position } })
const decide = (engine: Engine, id: string) =>
  engine.decider(notebook).execute(`notebook-${id}`, command(), write(id, 'late', 'words'))
const exported = (engine: Engine, upTo: number) =>
  all(exportLines(engine.vault, new LogScan(engine, new LogSearch(engine)).read({ from: 1, upTo }), false))
const verified = (engine: Engine) => verifyLog({ log: engine.log, trees: log.trees(), keys: [log.key()] })

describe.each<[string, (head: number) => Promise<Partial<AppendDocument>>]>([
  ['added to the stream of another', async (head) => ({ _id: head + 1, version: 6, events: [grant] })],
  ['with its own stream', async (head) => ({ _id: head + 1, stream: 'notebook-eve', events: [grant] })],
  ['with the MAC of another', async (head) => ({ _id: head + 1, version: 6, mac: (await log.appendAt(head)).mac! })],
  ['without one', async (head) => ({ _id: head + 1, version: 6, events: [grant], mac: undefined })],
])('an append that a driver has put at the end of the log, %s', (_, forgery) => {
  it('is believed by nobody, and everybody names it', async () => {
    const head = await log.write(2)
    const seen: RecordedEvent[] = []
    const told: [string, unknown][] = []
    const reactor: Reactor = {
      name: 'watch',
      on: new Map([['NotebookOpened', async (event) => void seen.push(event)]]),
    }
    log.notary()
    await log.signed(head)
    const other = await log.place.engine({
      projections: [notebooks],
      reactors: [reactor],
      onError: (where, error) => told.push([where, error]),
    })
    other.start()
    await eventually(
      () => log.place.db.collection('notebooks').countDocuments({ ownerId: 'user-ann' }),
      (count) => count === 2,
    )
    const change = await forgery(head)
    await log.log.insertOne(await forged(change))
    other.announcements.announce('log', head + 1)
    await eventually(
      async () => ['notebooks', 'watch'].filter((name) => told.some(([where]) => where === name)),
      ({ length }) => length === 2,
    )
    for (const [where, error] of told.filter(([where]) => where === 'notebooks' || where === 'watch'))
      expect([where, error]).toMatchObject([where, damaged(head + 1)])
    expect(await errorOf(other.projections.rebuild(['notebooks']))).toMatchObject(damaged(head + 1))
    expect(await log.place.db.collection('notebooks').countDocuments({ ownerId: 'user-eve' })).toBe(0)
    expect(seen.map(({ position }) => position)).toEqual([1, 6])

    log.engine.announcements.announce('log', head + 1)
    await eventually(
      async () => log.errors,
      ({ length }) => length > 0,
    )
    expect(log.errors[0]).toMatchObject(damaged(head + 1))
    expect((await log.trees().read())!.size).toBe(head)

    // Whoever decides on that stream, whoever appends behind it, and whoever exports or verifies it.
    const forgedStream = change.stream ?? 'notebook-n-0'
    expect(await errorOf(decide(other, forgedStream.slice('notebook-'.length)))).toMatchObject(damaged(head + 1))
    expect(await errorOf(decide(other, 'n-1'))).toMatchObject(damaged(head + 1))
    expect(await errorOf(exported(other, head + 1))).toMatchObject(damaged(head + 1))
    expect(await errorOf(verified(other))).toMatchObject({ name: 'VerificationError', position: head + 1 })

    // It is removed, and all of them go on.
    await log.log.deleteOne({ _id: head + 1 })
    await decide(other, 'n-1')
    await log.signed(head + 1)
    expect(await verified(other)).toMatchObject({ events: head + 1 })
  })
})

it('an append whose place is taken by a forged one is not written behind it', async () => {
  await log.engine.decider(notebook).execute('notebook-a', command(), open('a', 'user-ann', 'A'))
  await log.log.insertOne(await forged({ _id: 2, stream: 'notebook-b' }))
  expect(await errorOf(decide(log.engine, 'a'))).toMatchObject(damaged(2))
  await log.log.deleteOne({ _id: 2 })
  await log.log.insertOne(await forged({ _id: 2, version: 2 }))
  expect(await errorOf(decide(log.engine, 'a'))).toMatchObject(damaged(2))
})

describe('an append that was changed', () => {
  it.each<[string, object]>([
    ['event', { $set: { 'events.0.data.ownerId': 'user-eve' } }],
    ['actor', { $set: { 'meta.actor': 'user-eve' } }],
    ['time', { $set: { at: new Date(0) } }],
    ['stream', { $set: { stream: 'notebook-x' } }],
    ['version', { $set: { version: 100 } }],
  ])('in its %s is not folded, not exported and not read', async (_, change) => {
    const head = await log.write(2)
    await log.log.updateOne({ _id: 6 }, change)
    const later = await log.place.engine()
    const [{ stream }] = [await log.appendAt(6)]
    expect(await errorOf(all(later.store.readStream(stream)))).toMatchObject({ code: 'damaged_log' })
    expect(await errorOf(all(later.store.readStream(stream, { withoutPersonal: true })))).toMatchObject({
      code: 'damaged_log',
    })
    expect(await errorOf(all(later.store.readStream(stream, { backwards: true })))).toMatchObject({
      code: 'damaged_log',
    })
    expect(await errorOf(exported(later, head))).toMatchObject(damaged(6))
    expect(await later.feed.read(0)).toMatchObject({ to: 5, full: false })
    expect(await errorOf(later.feed.read(5))).toMatchObject(damaged(6))
    expect(await later.feed.read(6).then(({ to }) => to)).toBe(head)
  })

  it('in its envelope is not exported and not signed; a decision needs no envelope', async () => {
    const head = await log.write(2)
    const [other, { events }] = [await log.appendAt(2), await log.appendAt(6)]
    await log.log.updateOne({ _id: 6 }, { $set: { 'events.0.personal': other.events[0]!.personal } })
    const later = await log.place.engine()
    expect(events).toHaveLength(1)
    expect(await errorOf(exported(later, head))).toMatchObject(damaged(6))
    expect(await errorOf(later.feed.read(5))).toMatchObject(damaged(6))
    expect(await all(later.store.readStream('notebook-n-1', { withoutPersonal: true }))).toHaveLength(5)
  })

  it('by changing places with another one, or is taken out of its stream', async () => {
    await log.write(2)
    const [first, second] = [await log.appendAt(1), await log.appendAt(6)]
    await log.log.deleteMany({ _id: { $in: [1, 6] } })
    await log.log.insertMany([
      { ...first, _id: 6 },
      { ...second, _id: 1 },
    ])
    const later = await log.place.engine()
    expect(await errorOf(later.feed.read(0))).toMatchObject(damaged(1))
    expect(await errorOf(decide(later, 'n-0'))).toMatchObject(damaged(6))
    await log.log.deleteMany({ _id: { $in: [1, 6] } })
    await log.log.insertMany([first, second])
    await log.log.deleteOne({ _id: 7 })
    for (const range of [{}, { backwards: true }, { from: 3 }, { after: 1 }])
      expect(await errorOf(all(later.store.readStream('notebook-n-1', range)))).toMatchObject({
        code: 'damaged_log',
        data: { stream: 'notebook-n-1', version: expect.any(Number) },
      })
  })
})
