import { MongoClient } from 'mongodb'
import { withDurableWrites } from '../../../src/event-store/durability.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { projection } from '../../../src/event-store/projecting/projection.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import {
  notebook,
  type NotebookEvents,
  open,
  write,
  type WriterDoc,
  writers,
} from '../../support/event-store/notebooks.js'

/** The same as `writers`, but written now and then. */
const slowWriters = projection<WriterDoc, NotebookEvents>('slow_writers', {
  version: 1,
  gathers: true,
  on: {
    NoteWritten: {
      key: (e) => e.data.ownerId,
      evolve: (doc, e) => ({ _id: e.data.ownerId, written: (doc?.written ?? 0) + 1 }),
    },
  },
})

let place: Place
let client: MongoClient
let engine: Engine
/** How often each collection was written. */
let writes: Record<string, number>

beforeEach(async () => {
  place = await Place.find()
  client = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI!, { monitorCommands: true })
  writes = { writers: 0, slow_writers: 0 }
  client.on('commandStarted', ({ command: { nsInfo = [] } }) => {
    for (const { ns } of nsInfo as { ns: string }[]) writes[ns.split('.')[1]!]!++
  })
  const db = await withDurableWrites(client.db(place.db.databaseName))
  engine = await place.engine({ db, projections: [writers, slowWriters] })
  engine.start({ projector: true })
  await engine.projections.waitUntilCurrent()
})
afterEach(async () => {
  await place.leave()
  await client.close()
})

const written = (name: string) =>
  place.db.collection<WriterDoc>(name).findOne({ _id: 'user-ann' }, { projection: { _id: 0, written: 1 } })

/** So many commands, one after the other, each answered when its effect can be read. */
async function writeNotes(count: number): Promise<number> {
  const decider = engine.decider(notebook)
  await decider.execute('notebook-a', command(), open('a', 'user-ann', 'Diary'))
  let last = 0
  for (let n = 0; n < count; n++) {
    last = (await decider.execute('notebook-a', command(), write('a', `note-${n}`, 'Hi'))).position
    expect(await engine.projections.waitUntilVisible(last)).toBe(true)
  }
  return last
}

describe('a read model that gathers events', () => {
  it('is not waited for by commands, and written less often than others', async () => {
    await writeNotes(50)
    expect(await written('writers')).toEqual({ written: 50 })
    await eventually(
      () => written('slow_writers'),
      (doc) => doc?.written === 50,
    )
    expect(writes.writers).toBeGreaterThanOrEqual(50)
    expect(writes.slow_writers).toBeLessThan(25)
  })

  it('has everything for those who read it', async () => {
    for (let round = 1; round <= 5; round++) {
      await writeNotes(1)
      await engine.bringUpToDate(slowWriters)
      expect(await written('slow_writers')).toEqual({ written: round })
    }
  })

  it('is among those that somebody waits for who wants to read all of them', async () => {
    for (let round = 1; round <= 3; round++) {
      expect(await engine.projections.waitUntilReached(await writeNotes(1))).toBe(true)
      expect(await written('slow_writers')).toEqual({ written: round })
    }
  })

  it('has everything for readers in another process', async () => {
    const other = await place.engine({ projections: [writers, slowWriters] })
    for (let round = 1; round <= 5; round++) {
      await writeNotes(1)
      await other.bringUpToDate(slowWriters)
      expect(await written('slow_writers')).toEqual({ written: round })
    }
  })
})
