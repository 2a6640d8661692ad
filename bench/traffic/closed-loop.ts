import { type Latency, latencyOf, timed } from '../runner/statistics.js'

export interface LoopResult extends Latency {
  readonly calls: number
  readonly perSecond: number
}

/** A number of callers, each of which calls again when it has its answer. */
export async function closedLoop(
  callers: number,
  ms: number,
  call: (n: number) => Promise<unknown>,
): Promise<LoopResult> {
  const took: number[] = []
  const began = performance.now()
  let n = 0
  const callAgain = async () => {
    while (performance.now() - began < ms) await timed(took, () => call(n++))
  }
  await Promise.all(Array.from({ length: callers }, callAgain))
  const seconds = (performance.now() - began) / 1000
  return { calls: took.length, perSecond: took.length / seconds, ...latencyOf(took) }
}
