import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { all, command, Place } from '../../support/event-store/engines.js'
import { close, notebook, type NotebookEvent, open, tearOut, write } from '../../support/event-store/notebooks.js'

const opened: NotebookEvent = {
  type: 'NotebookOpened',
  data: { notebookId: '1', ownerId: 'user-ann' },
  personal: { title: 'Diary' },
}
const written: NotebookEvent = {
  type: 'NoteWritten',
  data: { notebookId: '1', noteId: 'a', ownerId: 'user-ann' },
  personal: { text: 'Hi' },
}
const closed: NotebookEvent = { type: 'NotebookClosed', data: { notebookId: '1' } }

describe('a notebook', () => {
  it('opens', () =>
    givenStream(notebook)
      .when(open('1', 'user-ann', 'Diary'))
      .then([opened]))
  it('opens once', () =>
    givenStream(notebook, [opened])
      .when(open('1', 'user-ann', 'Diary'))
      .then([]))
  it('takes notes', () =>
    givenStream(notebook, [opened])
      .when(write('1', 'a', 'Hi'))
      .then([written]))
  it('takes no notes once closed', () =>
    givenStream(notebook, [opened, closed])
      .when(write('1', 'a', 'Hi'))
      .thenRefused('notebook_closed'))
  it('loses only what it has', () => givenStream(notebook, [opened]).when(tearOut('1', 'a')).then([]))
})

describe('given, when, then', () => {
  it('fails when the story is another', () => {
    expect(() =>
      givenStream(notebook)
        .when(open('1', 'user-ann', 'Diary'))
        .then([]),
    ).toThrow('expected []')
    expect(() =>
      givenStream(notebook, [closed])
        .when(write('1', 'a', 'Hi'))
        .then([]),
    ).toThrow('refused with notebook_closed')
    expect(() =>
      givenStream(notebook)
        .when(open('1', 'a', 'b'))
        .thenRefused('x'),
    ).toThrow('expected a refusal')
    expect(() =>
      givenStream(notebook, [closed])
        .when(write('1', 'a', 'Hi'))
        .thenRefused('x'),
    ).toThrow('got notebook_closed')
  })
})

describe('the decider', () => {
  let place: Place
  let engine: Engine
  const decider = (on = engine) => on.decider(notebook)

  beforeEach(async () => {
    place = await Place.find()
    engine = await place.engine()
  })
  afterEach(() => place?.leave())

  it('carries a command out once, however often and wherever it is repeated', async () => {
    const meta = { ...command(), payload: 'open-diary' }
    const other = decider(await place.engine())
    const first = await decider().execute('notebook-1', meta, open('1', 'user-ann', 'Diary'))
    const repeats = await Promise.all(
      [decider(), other, other].map((one) => one.execute('notebook-1', meta, open('1', 'user-ann', 'Diary'))),
    )
    expect(first).toMatchObject({ repeated: false, position: 1 })
    for (const repeat of repeats)
      expect(repeat).toMatchObject({ repeated: true, position: 1, events: [{ type: 'NotebookOpened', version: 1 }] })
    expect(await engine.store.head()).toBe(1)
  })

  it('carries it out once when all copies come at the same time', async () => {
    const [a, b] = [decider(), decider(await place.engine())]
    await a.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    const meta = command()
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? a : b).execute('notebook-1', meta, write('1', 'a', 'Hi'))),
    )
    expect(outcomes.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(new Set(outcomes.map(({ position }) => position))).toEqual(new Set([2]))
    expect(await engine.store.head()).toBe(2)
  })

  it('refuses the same command id with another content', async () => {
    const meta = command()
    const one = decider()
    await one.execute('notebook-1', { ...meta, payload: 'a' }, open('1', 'user-ann', 'Diary'))
    await expect(
      one.execute('notebook-1', { ...meta, payload: 'b' }, open('1', 'user-ann', 'Novel')),
    ).rejects.toMatchObject({ code: 'command_reused' })
  })

  it('gives a repeat all the events of the first time, also after others', async () => {
    const meta = command()
    const one = decider()
    await one.execute('notebook-1', meta, (state) => [...open('1', 'user-ann', 'Diary')(state), written])
    await one.execute('notebook-1', command(), write('1', 'b', 'Ho'))
    const repeat = await decider().execute('notebook-1', meta, () => [])
    expect(repeat.events.map(({ type, version }) => [type, version])).toEqual([
      ['NotebookOpened', 1],
      ['NoteWritten', 2],
    ])
    expect(repeat.state.notes).toEqual(['a', 'b'])
  })

  it('loses no command of many at once', async () => {
    const deciders = [decider(), decider(await place.engine()), decider(await place.engine())]
    await deciders[0]!.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    await Promise.all(
      deciders.flatMap((one, d) =>
        Array.from({ length: 20 }, (_, i) => one.execute('notebook-1', command(), write('1', `${d}-${i}`, 'Hi'))),
      ),
    )
    const { state, version } = await decider().read('notebook-1')
    expect(state.notes.length).toBe(60)
    expect(version).toBe(61)
  })

  it('decides again on fresh state before it says no or does nothing', async () => {
    const [here, there] = [decider(), decider(await place.engine())]
    await here.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    await there.execute('notebook-1', command(), write('1', 'a', 'Hi'))
    expect(await here.execute('notebook-1', command(), tearOut('1', 'a'))).toMatchObject({
      events: [{ type: 'NoteTornOut' }],
    })
    expect(await here.execute('notebook-2', command(), close('2'))).toMatchObject({ events: [], position: 0 })
    await there.execute('notebook-2', command(), open('2', 'user-ann', 'Novel'))
    expect(await here.execute('notebook-2', command(), write('2', 'b', 'Once'))).toMatchObject({
      events: [{ type: 'NoteWritten' }],
    })
  })

  it('remembers no refusal: the same command may succeed later', async () => {
    const one = decider()
    const meta = command()
    await expect(one.execute('notebook-1', meta, write('1', 'a', 'Hi'))).rejects.toMatchObject({
      code: 'notebook_closed',
    })
    await one.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    expect(await one.execute('notebook-1', meta, write('1', 'a', 'Hi'))).toMatchObject({ repeated: false })
  })

  it('keeps nothing personal in its states', async () => {
    const one = decider()
    const seen: string[] = []
    const spying = engine.decider({
      initial: 0,
      evolve: (count: number, event: object) => (seen.push(...Object.keys(event)), count + 1),
    })
    await one.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    await spying.execute('notebook-1', command(), () => [written])
    await one.read('notebook-1')
    await engine
      .decider({ initial: 0, evolve: (count: number, event: object) => (seen.push(...Object.keys(event)), count + 1) })
      .read('notebook-1')
    expect(seen).toContain('data')
    expect(seen).not.toContain('personal')
    expect(await all(engine.store.readStream('notebook-1'))).toHaveLength(2)
  })
})
