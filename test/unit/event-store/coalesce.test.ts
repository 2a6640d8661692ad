import { coalesce } from '../../../src/event-store/coalesce.js'

/** Work that is done when the test says so. */
function heldWork() {
  const rounds: { items: number[]; answer: (results: string[]) => void; fail: (error: Error) => void }[] = []
  const work = (items: number[]) =>
    new Promise<string[]>((answer, fail) => {
      rounds.push({ items, answer, fail })
    })
  return { rounds, work }
}
const nextRound = () => new Promise((resolve) => setImmediate(resolve))
const named = (items: number[]) => items.map((item) => `item ${item}`)

describe('calls that go together', () => {
  it('are one when they come at once, and those that come meanwhile are the next', async () => {
    const { rounds, work } = heldWork()
    const call = coalesce(work)
    const first = [call(1), call(2)]
    await nextRound()
    const second = [call(3), call(4)]
    await nextRound()
    expect(rounds.map(({ items }) => items)).toEqual([[1, 2]])
    rounds[0]!.answer(named([1, 2]))
    expect(await Promise.all(first)).toEqual(['item 1', 'item 2'])
    rounds[1]!.answer(named([3, 4]))
    expect(await Promise.all(second)).toEqual(['item 3', 'item 4'])
    expect(rounds.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('begin again after a rest', async () => {
    const sizes: number[] = []
    const call = coalesce(async (items: number[]) => (sizes.push(items.length), named(items)))
    expect(await call(1)).toBe('item 1')
    await nextRound()
    expect(await call(2)).toBe('item 2')
    expect(sizes).toEqual([1, 1])
  })

  it('are several when they are too many for one', async () => {
    const sizes: number[] = []
    const call = coalesce(async (items: number[]) => (sizes.push(items.length), named(items)), { atMost: 3 })
    expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map(call))).toEqual(named([1, 2, 3, 4, 5, 6, 7]))
    expect(sizes).toEqual([3, 3, 1])
  })

  it('fail together, and no others with them', async () => {
    const { rounds, work } = heldWork()
    const call = coalesce(work)
    const failing = Promise.allSettled([call(1), call(2)])
    await nextRound()
    const going = call(3)
    rounds[0]!.fail(new Error('the line is down'))
    expect(await failing).toMatchObject([
      { status: 'rejected', reason: { message: 'the line is down' } },
      { status: 'rejected', reason: { message: 'the line is down' } },
    ])
    rounds[1]!.answer(named([3]))
    expect(await going).toBe('item 3')
  })
})
