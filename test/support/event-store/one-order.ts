import type { Db } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { storedAppends } from './stored-appends.js'

/** What guarantee 1 says, of all that the log holds: positions, versions and time go on without a gap or a step back. */
export async function expectOneOrderWithoutGaps(db: Db): Promise<AppendDocument[]> {
  const log = await storedAppends(db)
  let [position, at] = [1, 0]
  const versions = new Map<string, number>()
  for (const append of log) {
    expect([append._id, append.version]).toEqual([position, (versions.get(append.stream) ?? 0) + 1])
    expect(append.at.getTime()).toBeGreaterThanOrEqual(at)
    versions.set(append.stream, append.version + append.n - 1)
    position += append.n
    at = append.at.getTime()
  }
  return log
}
