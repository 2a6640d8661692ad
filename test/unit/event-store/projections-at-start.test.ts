import type { Engine } from '../../../src/event-store/engine.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { leasesIn } from '../../../src/event-store/projecting/lease-document.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { Projections } from '../../../src/event-store/projecting/projections.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import { contextIn } from '../../support/event-store/projecting-context.js'
import { writers } from '../../support/event-store/notebooks.js'

let place: Place
let engine: Engine
let context: ProjectingContext
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine()
  context = contextIn(place, engine)
})
afterEach(() => place?.leave())

const write = () => {
  const data = { notebookId: '1', noteId: 'a', ownerId: 'ann' }
  const events = [{ type: 'NoteWritten', data, personal: { text: 'Hi' } }]
  return engine.store.append({ stream: 'notebook', expected: 0, events, meta: command() })
}
const lease = (id: string) => leasesIn(place.db).findOne({ _id: id })
const leftovers = async () =>
  (await place.db.listCollections({}, { nameOnly: true }).toArray()).filter(({ name }) => name.includes('~'))

describe('the first build of a model', () => {
  const errors: string[] = []
  const quiet = { onError: (where: string, error: unknown) => errors.push(`${where}: ${String(error)}`) }
  beforeEach(() => errors.splice(0))

  it('waits for the process that builds it already, and is no error', async () => {
    const other = new Lease(place.db, 'writers~rebuild', 'another')
    await other.ensure(1)
    await other.acquire()
    const projections = new Projections({ ...context, onError: quiet.onError }, [writers])
    projections.start()
    await eventually(
      () => lease('writers'),
      (at) => at !== null,
    )
    await new Promise((resolve) => setTimeout(resolve, 150))
    await other.release()
    await projections.waitUntilCurrent()
    expect([errors, (await lease('writers'))?.version]).toEqual([[], 1])
    await projections.stop()
  })

  it('is tried again after an error, which is reported', async () => {
    let attempts = 0
    const logRoot = async () => {
      if (++attempts === 1) throw new Error('no root')
      return 'root'
    }
    const projections = new Projections({ ...context, logRoot, onError: quiet.onError }, [writers])
    projections.start()
    await projections.waitUntilCurrent()
    expect(errors).toEqual(['writers: Error: no root'])
    await projections.stop()
  })

  it('ends with the process, and without an error', async () => {
    let begin: () => void
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const skippedPositions = async () => {
      begin()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return new Set<number>()
    }
    await write()
    const projections = new Projections({ ...context, skippedPositions, onError: quiet.onError }, [writers])
    projections.start()
    await begun
    await projections.stop()
    expect([errors, await leftovers(), await lease('writers~rebuild')]).toEqual([[], [], null])
    expect(await lease('writers')).toMatchObject({ version: 0 })
  })
})
