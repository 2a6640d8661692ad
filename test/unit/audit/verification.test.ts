import { Faults, type Range } from '../../../src/audit/verification/verification.js'
import { VerificationError } from '../../../src/audit/verification/verification-error.js'

const faultsAt = (...found: [at: number, range?: Range][]) => {
  const faults = new Faults()
  for (const [at, range] of found) faults.add(new VerificationError(`wrong at ${at}`), at, range)
  return faults
}

describe('the faults of a verification', () => {
  it('have the positions that one of them is about', () => {
    const faults = faultsAt([3, [3, 5]], [8], [9, [9, 9]])
    expect([2, 3, 5, 6, 8, 9, 10].filter((position) => faults.has(position))).toEqual([3, 5, 9])
  })

  it('come in the order of the log', () => {
    expect(
      faultsAt([9], [3], [5])
        .all()
        .map(({ message }) => message),
    ).toEqual(['wrong at 3', 'wrong at 5', 'wrong at 9'])
  })

  it('leave the parts of a range intact that none of them is about', () => {
    expect(faultsAt().intactIn([4, 9])).toEqual([[4, 9]])
    expect(faultsAt([8, [8, 8]], [3, [3, 5]], [5, [4, 6]]).intactIn([1, 10])).toEqual([
      [1, 2],
      [7, 7],
      [9, 10],
    ])
    expect(faultsAt([1, [1, 10]]).intactIn([1, 10])).toEqual([])
    expect(faultsAt([2, [2, 30]]).intactIn([1, 10])).toEqual([[1, 1]])
    expect(faultsAt([2]).intactIn([1, 10])).toEqual([[1, 10]])
  })

  it('are a thousand at most, and nothing is called intact behind the last', () => {
    const some = faultsAt(
      ...Array.from({ length: 999 }, (_, i) => [2 * i + 1, [2 * i + 1, 2 * i + 1]] as [number, Range]),
    )
    expect(some.isFull).toBe(false)
    expect(some.intactIn([1, 3_000]).at(-1)).toEqual([1_998, 3_000])
    for (const at of [1_999, 2_001]) some.add(new VerificationError(`wrong at ${at}`), at, [at, at])
    expect(some.isFull).toBe(true)
    expect(some.all()).toHaveLength(1_000)
    expect(some.has(2_001)).toBe(false)
    expect(some.intactIn([1, 3_000]).at(-1)).toEqual([1_998, 1_998])
  })
})
