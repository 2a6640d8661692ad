import type { Engine } from '../../../src/event-store/engine.js'
import { reactor } from '../../../src/event-store/projecting/reactor.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'
import {
  notebook,
  type NotebookDoc,
  type NotebookEvents,
  notebooks,
  open,
  readModels,
} from '../../support/event-store/notebooks.js'

let place: Place
let seen: string[]
beforeEach(async () => {
  place = await Place.find()
  seen = []
})
afterEach(() => place?.leave())

const letters = reactor<NotebookEvents>('letters', {
  NotebookOpened: async (event) => void seen.push(event.data.notebookId),
})
const begin = (id: string, engine: Engine) =>
  engine.decider(notebook).execute(`notebook-${id}`, command(), open(id, 'user-ann', 'Diary'))
const models = () => place.db.collection<NotebookDoc>('notebooks')

describe('an engine', () => {
  it('finds in a read model what it has, or will have with all that is in the log', async () => {
    const engine = await place.engine({ projections: readModels })
    engine.start({ projector: true })
    await begin('1', engine)
    let looks = 0
    const find = (id: string) => () => (looks++, models().findOne({ _id: id }))
    await eventually(() => engine.findIn(notebooks, find('1')), Boolean) // once, unless the machine is very slow
    looks = 0
    await engine.findIn(notebooks, find('1'))
    expect(looks).toBe(1)
    expect(await engine.findIn(notebooks, find('2'))).toBeNull()
    expect(looks).toBe(3)
  })

  it('waits for no read model that is not asked', async () => {
    const engine = await place.engine({ projections: readModels })
    await begin('1', engine)
    expect(await engine.findIn({ name: 'nowhere' }, async () => null)).toBeNull()
  })

  it('follows the log as it grows, until nobody listens', async () => {
    const engine = await place.engine()
    await begin('1', engine)
    const stopping = new AbortController()
    const positions: number[] = []
    const following = (async () => {
      for await (const events of engine.follow(0, stopping.signal)) positions.push(...events.map((e) => e.position))
    })()
    await eventually(
      async () => positions,
      ({ length }) => length === 1,
    )
    await begin('2', engine)
    await eventually(
      async () => positions,
      ({ length }) => length === 2,
    )
    stopping.abort()
    await following
    expect(positions).toEqual([1, 2])
  })

  it.each([
    [{ projector: true }, 1, []],
    [{ reactors: true }, 0, ['1']],
    [undefined, 1, ['1']],
    [{}, 0, []],
  ] as const)('does only what its roles say: %j', async (roles, documents, reactions) => {
    const engine = await place.engine({ projections: readModels, reactors: [letters] })
    await begin('1', engine)
    engine.start(roles)
    await eventually(
      async () => [await models().countDocuments(), seen.length],
      ([found, reacted]) => found === documents && reacted === reactions.length,
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([await models().countDocuments(), seen]).toEqual([documents, reactions])
  })

  it('tells of each commit, and announces it to all processes', async () => {
    const positions: number[] = []
    const [engine, other] = [
      await place.engine({ onCommit: ({ position }) => positions.push(position) }),
      await place.engine(),
    ]
    const announced = await eventually(
      async () => {
        await begin(`${positions.length}`, engine)
        return other.announcements.highestOf('log')
      },
      (position) => position > 0,
    )
    expect(positions[0]).toBe(1)
    expect(positions).toContain(announced)
  })

  it('gives its leases back when it closes', async () => {
    const engine = await place.engine({ projections: readModels, reactors: [letters] })
    engine.start()
    const held = () => place.db.collection('checkpoints').countDocuments({ owner: { $exists: true } })
    await eventually(held, (count) => count === readModels.length + 1)
    await Promise.all([engine.close(), engine.close()])
    expect(await held()).toBe(0)
  })
})
