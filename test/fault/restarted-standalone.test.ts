import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import { type Mongod, startMongod } from '../../src/embedded/index.js'
import { isRetryable } from '../../src/event-store/database-errors.js'
import { Catalog } from '../../src/event-store/catalog.js'
import { durableReadsOf, ReadNotDurable } from '../../src/event-store/durable-reads.js'
import { withDurableWrites } from '../../src/event-store/durability.js'
import type { AppendDocument } from '../../src/event-store/event.js'
import { Feed } from '../../src/event-store/log/feed.js'
import type { LogCollection } from '../../src/event-store/log/log-collection.js'
import { logIn } from '../support/event-store/logs.js'
import { notebookEvents } from '../support/event-store/notebooks.js'

/** It flushes its journal rarely by itself, so what nobody waits for is mostly lost when it is killed. */
const extra = ['--journalCommitInterval', '500']
let folder: string
let mongod: Mongod
let client: MongoClient
let db: Db
let log: LogCollection

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-restarted-'))
  mongod = await startMongod({ dbPath: folder, extra })
  client = await MongoClient.connect(mongod.uri, { heartbeatFrequencyMS: 500 })
  db = await withDurableWrites(client.db('restarted'))
  log = logIn(db)
  await log.prepare()
})
afterEach(async () => {
  await client?.close()
  await mongod?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** As it is between the insert of another process and its acknowledgement. */
const appendWithoutJournal = (position: number) =>
  db
    .collection<AppendDocument>('log')
    .insertOne({ ...append, _id: position, version: position }, { writeConcern: { w: 1, journal: false } })

const append = {
  n: 1,
  stream: 'notebook-a',
  at: new Date(),
  meta: { actor: 'user-ann', commandId: 'one' },
  events: [{ type: 'NotebookClosed', shape: 1, data: { notebookId: 'a' } }],
} satisfies Omit<AppendDocument, '_id' | 'version'>

async function crash(beforeStart = async () => {}): Promise<void> {
  const { port } = mongod
  mongod.kill('SIGKILL')
  await mongod.exit
  await beforeStart()
  mongod = await startMongod({ dbPath: folder, port, extra })
}

/** Its files as they are on disk now. A cut of the power brings them back, however much of the journal was written since. */
async function copyFiles(): Promise<() => Promise<void>> {
  const copy = `${folder}-copy`
  mongod.kill('SIGSTOP')
  await cp(folder, copy, { recursive: true })
  mongod.kill('SIGCONT')
  return () =>
    crash(async () => {
      await rm(folder, { recursive: true })
      await rename(copy, folder)
    })
}

const positions = async () => (await db.collection<AppendDocument>('log').find().toArray()).map(({ _id }) => _id)

const readings: [string, () => Promise<unknown>][] = [
  ['the end of the log', () => log.head()],
  ['a batch of the log', () => new Feed(log, new Catalog(notebookEvents)).read(0)],
  ['a stream', () => all(log.streamForwards('notebook-a', 1, true))],
  ['a stream backwards', () => all(log.streamBackwards('notebook-a', 9, true))],
  ['the appends of some versions', () => log.findByVersions([{ stream: 'notebook-a', version: 1 }])],
]

async function all(appends: AsyncIterable<AppendDocument>): Promise<AppendDocument[]> {
  const read: AppendDocument[] = []
  for await (const append of appends) read.push(append)
  return read
}

describe('a standalone mongod that crashes', () => {
  it('loses an append that nobody waited for', async () => {
    const cutPower = await copyFiles()
    await appendWithoutJournal(1)
    await cutPower()
    expect(await positions()).toEqual([])
  })

  it.each(readings)('keeps an append that was read as part of %s', async (_, read) => {
    await log.head()
    await appendWithoutJournal(1)
    await read()
    await crash()
    expect(await positions()).toEqual([1])
  })

  it.each(readings)('and has restarted before a read of %s keeps what was read, too', async (_, read) => {
    await log.head()
    await crash()
    await appendWithoutJournal(1)
    await read()
    await crash()
    expect(await positions()).toEqual([1])
  })

  it('and restarts between a read and the moment when it is durable: the read is repeated', async () => {
    await log.head()
    const cutPower = await copyFiles()
    await appendWithoutJournal(1)
    let tries = 0
    const found = await durableReadsOf(db).repeat(
      async () => {
        const read = await positions()
        if (++tries === 1) await cutPower()
        return read
      },
      (read) => read.at(-1) ?? 0,
    )
    expect([found, tries]).toEqual([[], 2])
  })

  it('and restarts in the middle of a long stream ends the reading with an error that is repeated', async () => {
    await log.head()
    await appendWithoutJournal(1)
    const read = durableReadsOf(db).once(
      async () => {
        const found = await positions()
        await crash()
        return found
      },
      (found) => found.at(-1) ?? 0,
    )
    const error = await read.catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(ReadNotDurable)
    expect(isRetryable(error)).toBe(true)
  })

  it('is asked nothing more about positions that are known to be durable', async () => {
    const sent: string[] = []
    const watched = await MongoClient.connect(mongod.uri, { monitorCommands: true })
    try {
      const watchedLog = logIn(await withDurableWrites(watched.db('restarted')))
      await watchedLog.insert([{ ...append, _id: 1, version: 1 }])
      await watchedLog.head()
      watched.on('commandStarted', ({ commandName }) => sent.push(commandName))
      await watchedLog.head()
      expect(sent).toEqual(['find'])
      await appendWithoutJournal(2)
      await watchedLog.head()
      watchedLog.noteDurable(3)
      await appendWithoutJournal(3)
      await watchedLog.head()
      expect(sent).toEqual(['find', 'find', 'update', 'hello', 'find'])
    } finally {
      await watched.close()
    }
  })
})
