import { damaged, decide, errorOf, exported } from '../../support/audit/damage.js'
import { SignedLog } from '../../support/audit/signed-log.js'
import { all, command } from '../../support/event-store/engines.js'
import { notebook, open } from '../../support/event-store/notebooks.js'

let log: SignedLog
beforeEach(async () => {
  log = await SignedLog.begin()
})
afterEach(() => log?.end())

it('an append whose place is taken by a forged one is not written behind it', async () => {
  await log.engine.decider(notebook).execute('notebook-a', command(), open('a', 'user-ann', 'A'))
  await log.log.insertOne(await log.forged({ _id: 2, stream: 'notebook-b' }))
  expect(await errorOf(decide(log.engine, 'a'))).toMatchObject(damaged(2))
  await log.log.deleteOne({ _id: 2 })
  await log.log.insertOne(await log.forged({ _id: 2, version: 2 }))
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
