import type { Engine } from '../../../src/event-store/engine.js'
import { reactor } from '../../../src/event-store/projecting/reactor.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import { type NotebookEvent, type NotebookEvents, readModels } from '../../support/event-store/notebooks.js'

let place: Place

beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const written = (noteId: string): NotebookEvent => ({
  type: 'NoteWritten',
  data: { notebookId: '1', noteId, ownerId: 'user-ann' },
  personal: { text: 'Hi' },
})
const record = (engine: Engine, expected: number, ...events: NotebookEvent[]) =>
  engine.store.append({ stream: 'notebook-1', expected, events, meta: command() })
const checkpoint = () => place.db.collection('checkpoints').findOne({ _id: 'reactor:letters' as never })

function letters(act: (noteId: string) => Promise<void> | void) {
  return reactor<NotebookEvents>('letters', { NoteWritten: async (event) => act(event.data.noteId) })
}

describe('a reactor', () => {
  it('acts on each event in order, also on those from before it came', async () => {
    const sent: string[] = []
    const engine = await place.engine({ reactors: [letters((noteId) => void sent.push(noteId))] })
    await record(engine, 0, written('a'), written('b'))
    engine.start({ reactors: true })
    await record(engine, 2, written('c'))
    await eventually(
      async () => sent,
      ({ length }) => length === 3,
    )
    expect(sent).toEqual(['a', 'b', 'c'])
  })

  it('is not run again by a rebuild, nor by another process', async () => {
    const sent: string[] = []
    const options = { projections: readModels, reactors: [letters((noteId) => void sent.push(noteId))] }
    const [engine, other] = [await place.engine(options), await place.engine(options)]
    engine.start()
    other.start()
    await Promise.all([engine.projections.waitUntilCurrent(), other.projections.waitUntilCurrent()])
    await record(engine, 0, written('a'), written('b'))
    await eventually(checkpoint, (at) => at?.position === 2)
    await engine.projections.rebuild(readModels.map(({ name }) => name))
    await record(engine, 2, written('c'))
    await eventually(checkpoint, (at) => at?.position === 3)
    expect(sent).toEqual(['a', 'b', 'c'])
  })

  it('tries again what failed, out of order with nothing, and tells why meanwhile', async () => {
    const sent: string[] = []
    let broken = true
    const act = (noteId: string) => {
      if (noteId === 'b' && broken) throw new Error('no stamps')
      sent.push(noteId)
    }
    const engine = await place.engine({ reactors: [letters(act)], onError: () => {} })
    engine.start({ reactors: true })
    await record(engine, 0, written('a'), written('b'), written('c'))
    await eventually(checkpoint, (at) => at?.error?.message === 'no stamps')
    expect(sent).toEqual(['a'])
    broken = false
    await eventually(checkpoint, (at) => at?.position === 3 && !at.error)
    expect(sent).toEqual(['a', 'b', 'c'])
  })

  it('goes on where it was when it is started again', async () => {
    const sent: string[] = []
    const one = await place.engine({ reactors: [letters((noteId) => void sent.push(noteId))] })
    one.start({ reactors: true })
    await record(one, 0, written('a'))
    await eventually(checkpoint, (at) => at?.position === 1)
    await one.close()
    const two = await place.engine({ reactors: [letters((noteId) => void sent.push(noteId))] })
    await record(two, 1, written('b'))
    two.start({ reactors: true })
    await eventually(
      async () => sent,
      ({ length }) => length === 2,
    )
    expect(sent).toEqual(['a', 'b'])
  })
})
