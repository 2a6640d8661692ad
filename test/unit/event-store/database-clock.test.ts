import type { Engine } from '../../../src/event-store/engine.js'
import { DatabaseClock } from '../../../src/event-store/database-clock.js'
import { pause } from '../../../src/event-store/timing.js'
import { all, command, Place } from '../../support/event-store/engines.js'
import { storedAppends } from '../../support/event-store/stored-appends.js'

let place: Place
let warnings: string[]

beforeEach(async () => {
  place = await Place.find()
  warnings = []
})
afterEach(async () => {
  jest.restoreAllMocks()
  await place?.leave()
})

const threeHours = 3 * 3_600_000
const realNow = Date.now

/** As one process of which the clock is wrong. */
const clockIsAhead = (ms: number) => jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ms)

const open = (): Promise<Engine> =>
  place.engine({ onError: (where, error) => void warnings.push(`${where}: ${(error as Error).message}`) })

async function append(engine: Engine, id: string): Promise<Date> {
  await engine.vault.keyForFirstAppend('user-ann')
  const event = { type: 'NotebookOpened', data: { notebookId: id, ownerId: 'ann' }, personal: { title: 'A' } }
  const stream = `notebook-${id}`
  await engine.store.append({ stream, expected: 0, owner: 'user-ann', events: [event], meta: command() })
  return (await all(engine.store.readStream(stream)))[0]!.at
}

/** A slow machine may take a while between two looks at a clock. */
const aMoment = 20_000

describe('a process with a wrong clock', () => {
  it.each([threeHours, -threeHours])(
    'records events at the database’s time, and says what is wrong (%d ms)',
    async (ms) => {
      clockIsAhead(ms)
      const engine = await open()
      expect(Math.abs((await append(engine, '1')).getTime() - realNow())).toBeLessThan(aMoment)
      const side = ms > 0 ? 'ahead of' : 'behind'
      expect(warnings).toEqual([
        expect.stringMatching(
          `^clock: the clock of this machine is 1\\d{4} s ${side} the database's; .* Set it right$`,
        ),
      ])
    },
  )

  it('does not notice when its clock is set while it runs', async () => {
    const engine = await open()
    clockIsAhead(threeHours)
    expect(Math.abs((await append(engine, '1')).getTime() - realNow())).toBeLessThan(aMoment)
    expect(Math.abs(engine.clock.now().getTime() - realNow())).toBeLessThan(aMoment)
    expect(warnings).toEqual([])
  })
})

describe('an event that was recorded hours ahead', () => {
  it('is never followed by an earlier time, and is worth one warning', async () => {
    const engine = await open()
    await append(engine, '1')
    const future = new Date(realNow() + threeHours)
    const [first] = await storedAppends(place.db)
    await place.db.collection('log').replaceOne({}, engine.log.withMac({ ...first!, at: future }))
    const later = await open()
    expect(await append(later, '2')).toEqual(future)
    expect(await append(later, '3')).toEqual(future)
    expect(warnings).toEqual([
      expect.stringMatching(/^clock: the newest event's time is 1\d{4} s ahead of the database's clock$/),
    ])
  })
})

describe('the time of the database', () => {
  /** As a database that answers after so long each time, and last of all at once. Says how often it was asked. */
  async function askedThrough(...trips: number[]): Promise<{ asked: number; off: number }> {
    let asked = 0
    const command = async () => {
      const answer = { localTime: new Date() }
      await pause(trips[asked++] ?? 0)
      return answer
    }
    const clock = new DatabaseClock({ command } as never)
    await clock.ask()
    return { asked, off: Math.abs(clock.now().getTime() - Date.now()) }
  }

  it('is asked for again when the answer took long, five times at most, and the quickest is taken', async () => {
    expect((await askedThrough(200, 100)).asked).toBeGreaterThan(2)
    const { asked, off } = await askedThrough(400, 400, 40, 400, 400)
    expect(asked).toBe(5)
    expect(off).toBeLessThan(200)
  })
})
