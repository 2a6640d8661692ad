import { choices } from '../../nemesis/workload/choices.js'
import { kinds } from '../../nemesis/faults/kinds.js'
import { schedule } from '../../nemesis/faults/schedule.js'

function first<T>(count: number, all: Iterator<T>): T[] {
  return Array.from({ length: count }, () => all.next().value as T)
}

const faults = (seed: number, count = 3 * kinds.length) => first(count, schedule(seed, kinds))

describe('a seed of the nemesis', () => {
  it('gives the same faults in the same order, and another seed gives others', () => {
    expect(faults(7)).toEqual(faults(7))
    expect(faults(8)).not.toEqual(faults(7))
  })

  it('does every kind as often as every other', () => {
    for (const { name } of kinds) expect(faults(7).filter(({ kind }) => kind.name === name)).toHaveLength(3)
  })

  it('lets each fault last as long as its kind may', () => {
    for (const { kind, lastsMs } of faults(7)) {
      const [least, most] = kind.seconds ?? [0, 0]
      expect(lastsMs).toBeGreaterThanOrEqual(least * 1000)
      expect(lastsMs).toBeLessThanOrEqual(most * 1000)
    }
  })

  it('gives each person the same choices in the same order, and everybody others', () => {
    const made = (seed: number, person: number) => first(50, choices(seed, person))
    expect(made(7, 1)).toEqual(made(7, 1))
    expect(made(7, 2)).not.toEqual(made(7, 1))
    expect(made(8, 1)).not.toEqual(made(7, 1))
  })
})
