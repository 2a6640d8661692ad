import type { Verification } from '../../../src/audit/verification/verification.js'

/** What a verification found of a log that is as it was; if it is not, the first fault is thrown. */
export async function intact(
  verification: Promise<Verification>,
): Promise<Pick<Verification, 'events' | 'signed' | 'root'>> {
  const { faults, intact: ranges, ...found } = await verification
  if (faults[0]) throw faults[0]
  const events = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)
  if (events !== found.events) throw new Error(`of ${found.events} events ${events} are said to be intact`)
  return found
}
