import { verifyLog } from '../../../src/audit/verification/verify-log.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { AppendDocument, RecordedEvent } from '../../../src/event-store/event.js'
import type { Reactor } from '../../../src/event-store/projecting/reactor.js'
import { damaged, decide, errorOf, exported } from '../../support/audit/damage.js'
import { SignedLog } from '../../support/audit/signed-log.js'
import { intact } from '../../support/audit/verified.js'
import { eventually } from '../../support/event-store/engines.js'
import { notebooks } from '../../support/event-store/notebooks.js'

let log: SignedLog
beforeEach(async () => {
  log = await SignedLog.begin()
})
afterEach(() => log?.end())

const grant = { type: 'NotebookOpened', shape: 1, data: { notebookId: 'n-0', ownerId: 'user-eve' } }
const verified = (engine: Engine) => intact(verifyLog({ log: engine.log, trees: log.trees(), keys: [log.key()] }))

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
    await log.log.insertOne(await log.forged(change))
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
