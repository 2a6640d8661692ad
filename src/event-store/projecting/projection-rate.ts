interface RateMark {
  position: number
  at: Date
}

/** Where a projection, or another reader of the log, was some seconds ago, and where some seconds before that. */
export interface ProjectionRateMarks {
  before: RateMark
  since: RateMark
}

const markEveryMs = 5_000

const here = { position: '$position', at: '$$NOW' }
/** Or there is no mark. */
const lastMarkIsOlderThan = (ms: number) => ({ $lt: ['$pace.since.at', { $subtract: ['$$NOW', ms] }] })

/**
 * The next marks, computed by the write that moves the position, so they cost no write. After a pause they start anew.
 */
export const nextRateMarks = {
  $cond: [
    lastMarkIsOlderThan(2 * markEveryMs),
    { before: here, since: here },
    { $cond: [lastMarkIsOlderThan(markEveryMs), { before: '$pace.since', since: here }, '$pace'] },
  ],
}

/** Events per second over the last seconds. An interval shorter than one second counts as one second. */
export function projectionRate({
  position,
  pace,
  now,
}: {
  position: number
  pace?: ProjectionRateMarks
  now: Date
}): number {
  if (!pace) return 0
  const seconds = Math.max(1, (now.getTime() - pace.before.at.getTime()) / 1000)
  return Math.round((10 * Math.max(0, position - pace.before.position)) / seconds) / 10
}
