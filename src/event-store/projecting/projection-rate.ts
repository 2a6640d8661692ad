interface Place {
  position: number
  at: Date
}

/** Where a reader of the log was some seconds ago, and some before that: tells how fast it is. */
export interface Pace {
  before: Place
  since: Place
}

const markEveryMs = 5_000

const here = { position: '$position', at: '$$NOW' }
const olderThan = (ms: number) => ({ $lt: ['$pace.since.at', { $subtract: ['$$NOW', ms] }] }) // or there is none

/** Marked by the same write that moves the reader on, so it costs none. After a rest it begins anew. */
export const pace = {
  $cond: [
    olderThan(2 * markEveryMs),
    { before: here, since: here },
    { $cond: [olderThan(markEveryMs), { before: '$pace.since', since: here }, '$pace'] },
  ],
}

/** Events a second, over the last seconds. Less than one second is too short to tell. */
export function rateOf({ position, pace, now }: { position: number; pace?: Pace; now: Date }): number {
  if (!pace) return 0
  const seconds = Math.max(1, (now.getTime() - pace.before.at.getTime()) / 1000)
  return Math.round((10 * Math.max(0, position - pace.before.position)) / seconds) / 10
}
