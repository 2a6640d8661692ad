import { MongoClient } from 'mongodb'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { logIn } from '../../support/event-store/logs.js'
import { LogReader } from '../../../src/event-store/log/log-reader.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { command as mongoCommand, Proxy } from '../../fault/proxy.js'
import { held } from '../../fault/strikes.js'
import { command, Place } from '../../support/event-store/engines.js'
import { notebook, open } from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine
let proxy: Proxy
let client: MongoClient
/** Reads the log through a proxy that can hold a reply back. */
let tail: Feed

beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
  const { port } = new URL(process.env.VERBATIM_TEST_MONGODB_URI!)
  proxy = await Proxy.before(Number(port), 'mongodb')
  client = await MongoClient.connect(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`)
  tail = new Feed(logIn(await withDurableWrites(client.db(place.db.databaseName)), engine.secret), engine.catalog)
})
afterEach(async () => {
  await client?.close()
  await proxy?.close()
  await place?.leave()
})

async function append(id: string): Promise<number> {
  const { position } = await engine
    .decider(notebook)
    .execute(`notebook-${id}`, command(), open(id, 'user-ann', 'Diary'))
  return position
}

const stored = async (position: number) => (await engine.log.appendAtOrBefore(position))!

/** A reading that found nothing, and whose answer is still under way. */
async function emptyReading() {
  const answer = held()
  const found = proxy.arm({
    at: mongoCommand('find', 'log'),
    moment: 'after',
    strike: async () => 'go on',
    until: answer.until,
  })
  const reading = tail.read(0)
  // The strike comes when the server has answered; its answer waits.
  await found
  return { reading, release: answer.release }
}

describe('a reader that goes on as the log grows', () => {
  it('asks the database once for each thing that is announced', async () => {
    const asked: unknown[] = []
    await client.close()
    client = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI!, { monitorCommands: true })
    client.on(
      'commandStarted',
      ({ command: { find, filter } }) => find === 'log' && filter._id?.$gt !== undefined && asked.push(filter),
    )
    const db = await withDurableWrites(client.db(place.db.databaseName))
    const reader = new LogReader(
      new Feed(logIn(db, engine.secret), engine.catalog),
      engine.announcements,
      new AbortController().signal,
    )
    expect(await reader.next(0)).toMatchObject({ to: 0 })
    for (const id of [1, 2, 3]) {
      const next = reader.next(id - 1)
      expect(await append(String(id))).toBe(id)
      expect(await next).toMatchObject({ to: id })
    }
    expect(asked).toHaveLength(4)
  })
})

describe('a reader beside the writer', () => {
  it('takes from memory what the process has committed, and asks the database for nothing', async () => {
    const asked: unknown[] = []
    const watched = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI!, { monitorCommands: true })
    watched.on('commandStarted', ({ command: { find } }) => find === 'log' && asked.push(find))
    const db = await withDurableWrites(watched.db(place.db.databaseName))
    const feed = new Feed(logIn(db, engine.secret), engine.catalog)
    const heard: number[] = []
    feed.onOwn((events) => heard.push(...events.map(({ position }) => position)))
    for (const id of ['1', '2', '3']) feed.add([await stored(await append(id))])
    expect(heard).toEqual([1, 2, 3])
    expect((await feed.readOn(1, 3)).events.map(({ position }) => position)).toEqual([2, 3])
    expect(await feed.readOn(1, 3)).toBe(await feed.readOn(1, 3)) // decoded once for all readers
    expect(asked).toEqual([])
    await watched.close()
  })

  it('asks the database where another process has committed in between', async () => {
    const feed = new Feed(engine.log, engine.catalog)
    const [first, , third] = [await append('1'), await append('2'), await append('3')]
    feed.add([await stored(first)])
    feed.add([await stored(third)])
    expect((await feed.readOn(1, 3)).events.map(({ position }) => position)).toEqual([2, 3])
  })

  it('is not taken for the end of the log by who reads up to there', async () => {
    const feed = new Feed(engine.log, engine.catalog)
    feed.add([await stored(await append('1'))])
    await append('2') // another process's
    expect(await feed.read(0)).toMatchObject({ to: 2, full: false })
    expect(await feed.readOn(0, 2)).toMatchObject({ to: 1 })
    expect(await feed.readOn(1, 2)).toMatchObject({ to: 2 })
  })
})

describe('a reader that joins a reading which began earlier', () => {
  it('gets what it has heard of, although that reading missed it', async () => {
    const { reading, release } = await emptyReading()
    const position = await append('1')
    const joined = tail.readOn(0, position)
    release()
    expect(await reading).toMatchObject({ to: 0, events: [] })
    expect(await joined).toMatchObject({ to: position, events: [{ type: 'NotebookOpened' }] })
  })

  it('does not read again when it has heard of nothing more', async () => {
    const { reading, release } = await emptyReading()
    const joined = tail.read(0)
    release()
    expect(await joined).toBe(await reading)
  })
})
