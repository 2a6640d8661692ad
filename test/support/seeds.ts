import { chance } from './chance.js'

/** What is drawn with a seed: a number below a bound, one of some things, or whether a thing of one in so many happens. */
export class Random {
  readonly below: (bound: number) => number

  constructor(seed: number) {
    this.below = chance(seed)
  }

  one<T>(things: readonly T[]): T {
    return things[this.below(things.length)]!
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0
  }
}

/**
 * Does the same with many seeds. A failure names its seed: SEED=7 in the environment runs that one alone, and
 * SEEDS=100000 runs so many.
 */
export function forEachSeed(count: number, work: (seed: number) => void): void {
  for (const seed of seeds(count)) {
    try {
      work(seed)
    } catch (error) {
      throw withSeed(error, seed)
    }
  }
}

export function seeds(count: number): number[] {
  const { SEED, SEEDS } = process.env
  if (SEED !== undefined) return [Number(SEED)]
  return Array.from({ length: SEEDS === undefined ? count : Number(SEEDS) }, (_, i) => i + 1)
}

export function withSeed(error: unknown, seed: number): Error {
  const named = error instanceof Error ? error : new Error(String(error))
  named.message = `with SEED=${seed}: ${named.message}`
  return named
}
