/** Where a rebuild was, and when. */
export interface Reached {
  readonly position: number
  readonly at: number
}

/** Seconds that a rebuild still needs at the pace that was seen; undefined as long as none was. */
export function secondsLeft(first: Reached, last: Reached, head: number): number | undefined {
  const [events, seconds] = [last.position - first.position, (last.at - first.at) / 1000]
  return events > 0 && seconds > 0 ? (Math.max(0, head - last.position) / events) * seconds : undefined
}
