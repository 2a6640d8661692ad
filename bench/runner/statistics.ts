/** Milliseconds. */
export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Adds the milliseconds that the work takes. */
export async function timed<T>(took: number[], work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  took.push(performance.now() - started)
  return result
}

/** How many a second, when the work is done for so many. */
export async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (count * 1000) / (performance.now() - started)
}

export function latencyOf(took: Iterable<number>): Latency {
  const ascending = sorted(took)
  return { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99) }
}

export const median = (numbers: Iterable<number>): number => middleOf(sorted(numbers))

/** `ascending` must be sorted. */
export const percentile = (ascending: ArrayLike<number>, part: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))] ?? Number.NaN

export const sorted = (numbers: Iterable<number>): Float64Array => Float64Array.from(numbers).sort()

export function middleOf<T>(items: ArrayLike<T>): T {
  const found = items[Math.floor(items.length / 2)]
  if (found === undefined) throw new Error('an empty list has no middle')
  return found
}
