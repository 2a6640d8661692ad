import type { Db } from 'mongodb'
import { type LeaseDocument, leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import { projectionStatuses } from '../../../src/event-store/projecting/projection-status.js'
import { Place } from '../../support/event-store/engines.js'
import { logIn } from '../../support/event-store/logs.js'
import { notes, writers } from '../../support/event-store/notebooks.js'

let place: Place
let db: Db
beforeEach(async () => {
  place = await Place.find()
  ;({ db } = place)
})
afterEach(() => place?.leave())

const ago = (ms: number) => new Date(Date.now() - ms)
const lease = (fields: Partial<LeaseDocument>) =>
  leasesIn(db).insertOne({ _id: 'writers', version: 1, position: 0, state: 'live', ...fields })
const append = (_id: number, n: number, at: Date) =>
  db.collection<{ _id: number; n: number; at: Date }>('log').insertOne({ _id, n, at })
const status = async () => (await projectionStatuses({ db, log: logIn(db) }, [writers], new Date()))[0]!

const held = { owner: 'me', until: new Date(Date.now() + 60_000) }
const error = { position: 3, message: 'bad', at: new Date(0) }

describe('the status of a projection', () => {
  it('is "not begun" while it has no lease, or no model', async () => {
    const notBegun = {
      name: 'writers',
      version: 1,
      state: 'not_begun',
      position: 0,
      lag: { events: 0, seconds: 0 },
      rate: 0,
    }
    expect(await status()).toStrictEqual(notBegun)
    await lease({ version: 0 })
    expect(await status()).toEqual(notBegun)
  })

  it.each(['live', 'paused', 'failed'] as const)('is that of its lease: %s', async (state) => {
    await lease({ version: 3, position: 7, state, error })
    expect(await status()).toEqual({
      name: 'writers',
      version: 3,
      state,
      position: 7,
      lag: { events: 0, seconds: 0 },
      rate: 0,
      error,
    })
  })

  it('says that it was paused before it had begun', async () => {
    await lease({ version: 0, state: 'paused' })
    expect(await status()).toMatchObject({ state: 'paused' })
  })

  it('tells how many events it lacks, and how old the oldest of them is', async () => {
    await append(1, 3, ago(900_000))
    await append(4, 2, ago(60_000))
    await append(6, 2, ago(0))
    await lease({ position: 3 })
    const { lag } = await status()
    expect(lag.events).toBe(4)
    expect(lag.seconds).toBeGreaterThanOrEqual(60)
    expect(lag.seconds).toBeLessThan(80)
    expect(lag.seconds).toBe(Math.round(10 * lag.seconds) / 10)
  })

  it('lacks nothing when it is current, or when the log was empty a moment ago', async () => {
    await lease({ position: 3 })
    expect((await status()).lag).toEqual({ events: 0, seconds: 0 })
    await append(1, 3, ago(60_000))
    expect((await status()).lag).toEqual({ events: 0, seconds: 0 })
  })

  it('is as old as what it lacks, also when it has no lease', async () => {
    await append(1, 1, ago(60_000))
    const { lag } = await status()
    expect(lag.seconds).toBeGreaterThanOrEqual(60)
    expect(lag.seconds).toBeLessThan(80)
  })

  it('has no negative age when the clocks differ', async () => {
    await append(1, 1, ago(-60_000))
    expect((await status()).lag).toEqual({ events: 1, seconds: 0 })
  })

  it('names the process that projects it, while its lease lasts', async () => {
    await lease(held)
    expect(await status()).toMatchObject({ owner: 'me' })
    await leasesIn(db).updateOne({}, { $set: { until: ago(1) } })
    expect(await status()).not.toHaveProperty('owner')
  })

  it('tells its rate', async () => {
    const mark = { position: 0, at: ago(10_000) }
    await lease({ position: 100_000, pace: { before: mark, since: mark } })
    const { rate } = await status()
    expect(rate).toBeGreaterThan(4_000)
    expect(rate).toBeLessThanOrEqual(10_000)
  })

  it('is of each projection that is asked for', async () => {
    await lease({ position: 2 })
    await lease({ _id: 'notes', position: 1 })
    await append(1, 3, ago(60_000))
    expect(await projectionStatuses({ db, log: logIn(db) }, [notes, writers], new Date())).toMatchObject([
      { name: 'notes', position: 1, lag: { events: 2 } },
      { name: 'writers', position: 2, lag: { events: 1 } },
    ])
  })
})

describe('the status of a rebuild', () => {
  const rebuilding = { _id: 'writers~rebuild', version: 2, position: 5 }

  it('is "running" while its lease lasts', async () => {
    await lease({})
    await lease({ ...rebuilding, ...held, cause: 'c1' })
    expect((await status()).rebuild).toEqual({ state: 'running', version: 2, position: 5, cause: 'c1' })
  })

  it('is "failed" at an event that it cannot take', async () => {
    await lease({ ...rebuilding, error })
    expect((await status()).rebuild).toEqual({ state: 'failed', version: 2, position: 5, error })
  })

  it('is "abandoned" when its process has died', async () => {
    await lease({ ...rebuilding, ...held, until: ago(1), cause: '' })
    expect((await status()).rebuild).toEqual({ state: 'abandoned', version: 2, position: 5 })
  })

  it('is there only if there is one', async () => {
    await lease({})
    expect(await status()).not.toHaveProperty('rebuild')
  })
})
