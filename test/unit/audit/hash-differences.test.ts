import { type EventRecord, leafHashOf, recordFromAppend } from '../../../src/audit/verification/event-record.js'
import { HashDifferences } from '../../../src/audit/verification/hash-differences.js'
import { DraftedLog } from '../../support/audit/drafted-log.js'

const log = new DraftedLog()
for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) log.write('notebook-1', [text])
const records = log.appends.map((append) => recordFromAppend(append, 0))
const hashes = records.map(leafHashOf)
const [a, b, c, d, e, f] = records

/** What is found where these events are stored, in this order, instead of those that were hashed. */
function found(...stored: (EventRecord | undefined)[]): [message: string, from?: number, to?: number][] {
  const differences = new HashDifferences()
  for (const [i, event] of stored.entries()) {
    const record = { ...event!, position: i + 1, version: i + 1 }
    differences.add(record, hashes[i], { differs: !leafHashOf(record).equals(hashes[i]!), isKnown: false })
  }
  differences.end()
  return differences.all().map(({ message, position, until }) => [message, position, until])
}

const eve = { ...a!, stored: '"Eve was here"' }

describe('events that differ from the notary’s hashes', () => {
  it('are none where none was changed', () => {
    expect(found(a, b, c, d, e, f)).toEqual([])
  })

  it('are one fault for those that follow each other', () => {
    expect(found(a, eve, c, d, e, f)).toEqual([['event 2 was changed', 2, 2]])
    expect(found(a, eve, eve, d, eve, eve)).toEqual([
      ['events 2 to 3 were changed', 2, 3],
      ['events 5 to 6 were changed', 5, 6],
    ])
  })

  it('have changed places', () => {
    expect(found(a, c, b, d, e, f)).toEqual([['events 2 and 3 have changed places', 2, 3]])
    expect(found(b, a, d, c, e, f)).toHaveLength(2)
  })

  it('have moved up to the end of the log, or to where another was added', () => {
    const missing = 'the event that was at position 2 is missing, and those after it have moved up'
    expect(found(a, c, d, e, f)).toEqual([[missing, 2, 5]])
    expect(found(a, c, d, eve, e, f)[0]).toEqual([missing, 2, 3])
  })

  it('have moved down to the end of the log', () => {
    const added = 'the event at position 2 was added, and those after it have moved down'
    expect(found(a, eve, b, c, d, e)).toEqual([[added, 2, 6]])
  })
})
