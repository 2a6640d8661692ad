import type { AppendDocument } from '../../../src/event-store/event.js'
import { LogRoot } from '../../../src/notary/log-root.js'
import { DraftedLog } from '../../support/audit/drafted-log.js'
import { Place } from '../../support/event-store/engines.js'
import { logIn } from '../../support/event-store/logs.js'

let place: Place
let log: DraftedLog
beforeEach(async () => {
  place = await Place.find()
  log = new DraftedLog()
  for (let i = 0; i < 5; i++) {
    log.write(`notebook-${i}`, ['a', 'b', 'c'])
    log.write(`notebook-${i}`, ['d'])
  }
  await place.db.collection<AppendDocument>('log').insertMany(log.appends)
})
afterEach(() => place?.leave())

const stored = () => place.db.collection('log_roots').find().sort({ _id: 1 }).toArray()

describe('the root of a log', () => {
  it('is that of its events at each position, in any order of questions', async () => {
    for (const position of [7, 0, 3, 2, 19, 20, 8, 7, 20, 1]) {
      expect(await new LogRoot(place.db, logIn(place.db)).at(position)).toBe(log.rootAt(position).toString('hex'))
    }
  })

  it('is stored, so that the next one reads only what came after it', async () => {
    const roots = new LogRoot(place.db, logIn(place.db))
    await roots.at(7)
    expect((await stored()).map(({ _id }) => _id)).toEqual([7])
    await place.db.collection<AppendDocument>('log').deleteMany({ _id: { $lt: 5 } })
    expect(await roots.at(7)).toBe(log.rootAt(7).toString('hex'))
    expect(await roots.at(12)).toBe(log.rootAt(12).toString('hex'))
    await place.db.collection<AppendDocument>('log').deleteMany({ _id: { $lt: 12 } })
    expect(await roots.at(18)).toBe(log.rootAt(18).toString('hex'))
    await place.db.collection<AppendDocument>('log').deleteMany({})
    expect(await roots.at(12)).toBe(log.rootAt(12).toString('hex'))
    expect((await stored()).map(({ _id }) => _id)).toEqual([7, 12, 18])
  })

  it('is none beyond the end', async () => {
    await expect(new LogRoot(place.db, logIn(place.db)).at(21)).rejects.toThrow(
      'the log ends at 20, it has no root at 21',
    )
  })
})
