import { setTimeout as pause } from 'node:timers/promises'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { Decide } from '../../../src/event-store/deciding/aggregate.js'
import { Decider, type CommandOutcome } from '../../../src/event-store/deciding/decider.js'
import { chance } from '../../support/chance.js'
import { command, Place } from '../../support/event-store/engines.js'
import { notebook, type NotebookEvent, open, tearOut, write } from '../../support/event-store/notebooks.js'
import { expectOneOrderWithoutGaps } from '../../support/event-store/one-order.js'

type Notebook = typeof notebook.initial

const storeFoldEvery = 3
let place: Place

beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

/** What a caller hears, but for the position. */
async function told(outcome: Promise<CommandOutcome<Notebook>>): Promise<unknown> {
  return outcome.then(
    ({ events, repeated, state }) => ({
      events: events.map(({ type, version, data }) => ({ type, version, data })),
      repeated,
      state,
    }),
    (error: { code: string }) => ({ code: error.code }),
  )
}

describe('commands over restarts', () => {
  it.each([1, 2, 3, 4, 5, 6])('mean the same with stored folds as without (story %i)', async (seed) => {
    const engine = await place.engine({ storeFoldEvery })
    const folds = place.db.collection('folds')
    const plain = new Decider(engine.store, notebook)
    const pick = chance(seed)
    const past: { meta: ReturnType<typeof command> & { payload: string }; decide: Decide<Notebook> }[] = []
    let restored = 0
    let stored = engine.decider(notebook)

    const anotherCommand = () => {
      const note = `note-${pick(8)}`
      const decide: Decide<Notebook> = [
        open('1', 'user-ann', 'Diary'),
        write('1', note, 'Hi'),
        write('1', note, 'Ho'),
        tearOut('1', note),
        twoNotes,
      ][pick(5)]!
      const one = { meta: { ...command(), payload: 'as it was' }, decide }
      past.push(one)
      return one
    }
    for (let step = 0; step < 120; step++) {
      const dice = pick(20)
      if (dice === 0) await folds.deleteMany({})
      if (dice < 4) {
        await pause(5)
        restored += await folds.countDocuments()
        stored = engine.decider(notebook)
      }
      const { meta, decide } = dice % 2 && past.length > 0 ? past[pick(past.length)]! : anotherCommand()
      const sent = dice === 19 ? { ...meta, payload: 'something else' } : meta
      expect(await told(stored.execute('notebook-a', sent, decide))).toEqual(
        await told(plain.execute('notebook-b', sent, decide)),
      )
    }
    expect(restored).toBeGreaterThan(0)
    const { state, version } = await plain.read('notebook-b')
    for (const one of [stored, engine.decider(notebook), new Decider(engine.store, notebook)]) {
      expect(await one.read('notebook-a')).toMatchObject({ state, version })
    }
  })

  it('take effect once each, though two processes carry them out at once and folds come and go', async () => {
    const pick = chance(7)
    const engines = [await place.engine({ storeFoldEvery }), await place.engine({ storeFoldEvery })]
    const processes = engines.map((engine) => engine.decider(notebook))
    await processes[0]!.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    const metas = Array.from({ length: 90 }, () => command())
    const positions = new Map<string, Set<number>>()

    async function carryOut(which: number, i: number): Promise<void> {
      const meta = metas[i]!
      if (pick(6) === 0) processes[which] = engines[which]!.decider(notebook)
      if (pick(30) === 0) await place.db.collection('folds').deleteMany({})
      const { position } = await processes[which]!.execute('notebook-1', meta, write('1', `note-${i}`, 'Hi'))
      positions.set(meta.commandId, (positions.get(meta.commandId) ?? new Set()).add(position))
      if (i >= 20 && pick(3) === 0) await carryOut(which, pick(i))
    }
    await Promise.all(
      [0, 1].flatMap((which) =>
        [0, 1, 2].map(async (lane) => {
          for (let i = lane; i < metas.length; i += 3) await carryOut(which, i)
        }),
      ),
    )
    const log: AppendDocument[] = await expectOneOrderWithoutGaps(place.db)
    expect(log).toHaveLength(1 + metas.length)
    expect(new Set(log.map(({ meta }) => meta.commandId)).size).toBe(log.length)
    expect([...positions.values()].every((each) => each.size === 1)).toBe(true)
    const { state } = await engines[0]!.decider(notebook).read('notebook-1')
    expect([...state.notes].sort()).toEqual(metas.map((_, i) => `note-${i}`).sort())
  })
})

function twoNotes({ status }: Notebook): NotebookEvent[] {
  const note = (noteId: string): NotebookEvent => ({
    type: 'NoteWritten',
    data: { notebookId: '1', noteId, ownerId: 'user-ann' },
    personal: { text: 'Hi' },
  })
  return status === 'open' ? [note('left'), note('right')] : []
}
