import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, Place } from '../../support/event-store/engines.js'
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
