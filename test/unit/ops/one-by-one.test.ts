import { EventStoreError } from '../../../src/event-store/errors.js'
import { eraseOneByOne } from '../../../src/ops/retention/erase-one-by-one.js'
import { Retention } from '../../../src/ops/retention/retention.js'

async function* items(...names: string[]) {
  yield* names
}
const never = new AbortController().signal
const now = new Date()

describe('erasing one item after the other', () => {
  const run = async (erase: (name: string) => Promise<boolean>, signal = never) => {
    const seen: string[] = []
    const outcome = await eraseOneByOne({ items: items('a', 'b', 'c'), count: 3, erase }, signal, (done, total) =>
      seen.push(`${done}/${total}`),
    )
    return [outcome, seen]
  }

  it('counts what was really erased, and tells how far it is', async () => {
    expect(await run(async (name) => name !== 'b')).toEqual([{ done: 2, left: 0 }, ['0/3', '1/3', '2/3', '3/3']])
  })

  it('goes on after one that fails, and says why', async () => {
    const erase = async (name: string) => {
      if (name === 'b') throw new Error('no')
      return true
    }
    expect((await run(erase))[0]).toEqual({ done: 2, left: 1, why: 'Error: no' })
  })

  it('takes what somebody else has just erased for done', async () => {
    const erase = async () => {
      throw new EventStoreError('erased', 'gone')
    }
    expect((await run(erase))[0]).toEqual({ done: 0, left: 0 })
  })

  it('stops between two of them when it is told to', async () => {
    const ending = new AbortController()
    const erase = async () => {
      ending.abort()
      return true
    }
    expect((await run(erase, ending.signal))[0]).toEqual({ done: 1, left: 0 })
  })
})

it('a task that fails keeps no other from running', async () => {
  const broken = { name: 'broken', run: async () => Promise.reject(new Error('no')) }
  const fine = { name: 'fine', run: async (at: Date) => ({ done: at === now ? 1 : 0 }) }
  expect(await new Retention([broken, fine]).run(now, never)).toEqual([
    { task: 'broken', done: 0, why: 'Error: no' },
    { task: 'fine', done: 1 },
  ])
})
