import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import { Refused } from '../../../src/event-store/errors.js'
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
    ).toThrow('expected a refusal with x, decided')
    expect(() =>
      givenStream(notebook, [closed])
        .when(write('1', 'a', 'Hi'))
        .thenRefused('x'),
    ).toThrow('got notebook_closed')
  })

  it('gives each event a time and a command, and passes on what is no refusal', () => {
    const all = { initial: [] as object[], evolve: (events: object[], event: { type: string }) => [...events, event] }
    const recorded = { at: new Date(0), meta: { actor: 'somebody', commandId: 'earlier' } }
    expect(givenStream(all, [closed]).state).toEqual([{ ...closed, ...recorded }])
    const broken = () => {
      throw new TypeError('broken')
    }
    expect(() => givenStream(notebook).when(broken)).toThrow(TypeError)
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
    ).rejects.toMatchObject({ code: 'command_reused', data: { stream: 'notebook-1' } })
  })

  it('tells beforehand whether a command is a repeat', async () => {
    const meta = { ...command(), payload: 'a' }
    const one = decider()
    expect(await one.repeatOf('notebook-1', meta)).toBeUndefined()
    await one.execute('notebook-1', meta, open('1', 'user-ann', 'Diary'))
    expect(await one.repeatOf('notebook-1', meta)).toMatchObject({
      repeated: true,
      position: 1,
      events: [{ version: 1 }],
    })
    await expect(one.repeatOf('notebook-1', { ...meta, payload: 'b' })).rejects.toMatchObject({
      code: 'command_reused',
    })
    expect(await engine.store.head()).toBe(1)
  })

  /** Decides to write, and each time somebody else writes first, so many times. */
  function whileSomebodyIsFaster(times: number) {
    let decisions = 0
    const rivals: Promise<unknown>[] = []
    const decide = ({ notes }: { notes: readonly string[] }) => {
      if (decisions++ < times) {
        const events = [{ ...written, data: { ...written.data, noteId: `rival-${decisions}` } }] as NotebookEvent[]
        rivals.push(engine.store.append({ stream: 'notebook-1', expected: 1 + notes.length, events, meta: command() }))
      }
      return [written]
    }
    return { decide, decisions: () => decisions, rivals }
  }

  it('decides again as often as somebody else is faster', async () => {
    const one = decider()
    await one.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    const { decide, decisions, rivals } = whileSomebodyIsFaster(5)
    const outcome = await one.execute('notebook-1', command(), decide)
    await Promise.all(rivals)
    expect(decisions()).toBe(6)
    expect(outcome).toMatchObject({ position: 7, repeated: false, events: [{ version: 7 }] })
    expect(outcome.state.notes).toEqual(['rival-1', 'rival-2', 'rival-3', 'rival-4', 'rival-5', 'a'])
  })

  it('gives up when somebody else is faster a hundred times', async () => {
    const { random } = Math
    Math.random = () => 0 // so that it does not wait
    try {
      const one = decider()
      await one.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
      const { decide, decisions, rivals } = whileSomebodyIsFaster(200)
      await expect(one.execute('notebook-1', command(), decide)).rejects.toMatchObject({
        code: 'contended',
        data: { stream: 'notebook-1' },
      })
      await Promise.all(rivals)
      expect(decisions()).toBe(101)
    } finally {
      Math.random = random
    }
  })

  it('decides a refusal twice, for the state may be old, and any other error once', async () => {
    const one = decider()
    await one.execute('notebook-1', command(), open('1', 'user-ann', 'Diary'))
    for (const [error, times] of [
      [new Refused('no', 'no'), 2],
      [new TypeError('no'), 1],
    ] as const) {
      let decisions = 0
      const decide = () => {
        decisions++
        throw error
      }
      await expect(one.execute('notebook-1', command(), decide)).rejects.toBe(error)
      expect(decisions).toBe(times)
    }
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
    expect(await here.execute('notebook-2', command(), close('2'))).toMatchObject({
      events: [],
      position: 0,
      repeated: false,
    })
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
