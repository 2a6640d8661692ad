import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { all, command, Place } from '../../support/event-store/engines.js'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import type { StoredKey } from '../../../src/event-store/sealing/key-store.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { Vault } from '../../../src/event-store/sealing/vault.js'
import { type ReplicaSet, startReplicaSet } from '../../support/engines/replica-set.js'
import { readModels } from '../../support/event-store/notebooks.js'
import { filesWith, uncompressed } from '../../support/secrecy/files-with.js'

/** A database of its own, with an oplog. */
const canary = 'CANARY-of-a-very-private-kind'
const known = 'KNOWN-to-everybody-with-the-log'

let folder: string
let mongo: ReplicaSet
let place: Place

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-secrecy-'))
  mongo = await startReplicaSet({ dir: folder, members: 1, extra: uncompressed })
})
afterAll(async () => {
  await mongo?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('what is personal', () => {
  it('is nowhere in the database’s files: not in the log, the read models, the oplog or the journal', async () => {
    place = await Place.find(mongo.uri)
    const engine = await place.engine({ projections: readModels })
    engine.start()
    await engine.projections.waitUntilCurrent()
    await engine.vault.keyForFirstAppend('user-ann')
    let position = 0
    for (let i = 0; i < 200; i++) {
      const appended = await engine.store.append({
        stream: `notebook-${i}`,
        expected: 0,
        owner: 'user-ann',
        events: [
          {
            type: 'NotebookOpened',
            data: { notebookId: `${i}`, ownerId: 'user-ann' },
            personal: { title: `${canary} ${i}` },
          },
          {
            type: 'NoteWritten',
            data: { notebookId: `${i}`, noteId: `${known}-${i}`, ownerId: 'user-ann' },
            personal: { text: `${canary} ${i}` },
          },
          { type: 'NoteCorrected', data: { noteId: `${known}-${i}` }, personal: { text: `${canary} again ${i}` } },
        ],
        meta: command(),
      })
      if ('position' in appended) ({ position } = appended)
    }
    expect(await engine.projections.waitUntilReached(position, undefined, 10_000)).toBe(true)
    await engine.projections.rebuild(['notes'])
    await engine.close()
    await place.client.db('admin').command({ fsync: 1 })

    const seen = await filesWith(folder, known)
    expect(seen.filter((name) => name.startsWith('collection-')).length).toBeGreaterThanOrEqual(3) // log, notes, oplog
    expect(seen.some((name) => name.startsWith('WiredTigerLog'))).toBe(true)
    expect(await filesWith(folder, canary)).toEqual([])
    await place.leave()
  })
})

describe('a key that was destroyed', () => {
  it('is in the oplog and the journal for a while, and opens nothing once the master key was replaced', async () => {
    place = await Place.find(mongo.uri)
    const engine = await place.engine()
    await engine.vault.keyForFirstAppend('user-ann')
    await engine.store.append({
      stream: 'notebook-1',
      expected: 0,
      owner: 'user-ann',
      events: [{ type: 'NotebookOpened', data: { notebookId: '1', ownerId: 'user-ann' }, personal: { title: canary } }],
      meta: command(),
    })
    const [event] = await all(engine.store.readStream('notebook-1'))
    const stolen = await place.db.collection<StoredKey>('keys').find().toArray()
    const wrapped = stolen.find(({ _id }) => _id === 'notebook-1')!.key!
    await engine.vault.destroy('notebook-1', new Date())
    await place.client.db('admin').command({ fsync: 1 })
    expect((await filesWith(folder, Buffer.from(wrapped.value()))).length).toBeGreaterThan(0)

    const next = masterKey(randomBytes(32))
    await new Vault(place.db, { current: next, previous: place.masters.current }, engine.catalog).rotate()
    const living = await place.db.collection<StoredKey>('keys').find().toArray()
    const thief = await withDurableWrites(place.client.db(`${place.db.databaseName}_thief`))
    const keys = thief.collection<StoredKey>('keys')
    /** With the destroyed key as the files have it, and the others from then or from now. */
    const steal = async (others: StoredKey[]) => {
      await keys.deleteMany({})
      await keys.insertMany([
        ...others.filter(({ _id }) => _id !== 'notebook-1'),
        stolen.find(({ _id }) => _id === 'notebook-1')!,
      ])
    }
    for (const others of [stolen, living]) {
      await steal(others)
      const vault = new Vault(thief, { current: next }, engine.catalog)
      await expect(vault.open(event!.personal!)).rejects.toMatchObject({ code: 'unknown_master_key' })
    }
    await steal(stolen)
    const before = new Vault(thief, { current: place.masters.current }, engine.catalog)
    expect((await before.open(event!.personal!)).personal).toEqual({ title: canary })
    await thief.dropDatabase()
    await engine.close()
    await place.leave()
  })
})
