import { EventStoreError } from '../../src/event-store/errors.js'
import { endEach } from '../../src/ops/retention/end-each.js'
import { Retention } from '../../src/ops/retention/retention.js'

async function* things(...names: string[]) {
  yield* names
}
const never = new AbortController().signal
const now = new Date()

describe('ending one thing after the other', () => {
  const run = async (end: (name: string) => Promise<boolean>, signal = never) => {
    const seen: string[] = []
    const ended = await endEach({ things: things('a', 'b', 'c'), count: 3, end }, signal, (done, total) =>
      seen.push(`${done}/${total}`),
    )
    return [ended, seen]
  }

  it('counts what was really ended, and tells how far it is', async () => {
    expect(await run(async (name) => name !== 'b')).toEqual([{ done: 2, left: 0 }, ['0/3', '1/3', '2/3', '3/3']])
  })

  it('goes on after one that fails, and says why', async () => {
    const end = async (name: string) => {
      if (name === 'b') throw new Error('no')
      return true
    }
    expect((await run(end))[0]).toEqual({ done: 2, left: 1, why: 'Error: no' })
  })

  it('takes what somebody else has just erased for done', async () => {
    const end = async () => {
      throw new EventStoreError('erased', 'gone')
    }
    expect((await run(end))[0]).toEqual({ done: 0, left: 0 })
  })

  it('stops between two of them when it is told to', async () => {
    const ending = new AbortController()
    const end = async () => {
      ending.abort()
      return true
    }
    expect((await run(end, ending.signal))[0]).toEqual({ done: 1, left: 0 })
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
