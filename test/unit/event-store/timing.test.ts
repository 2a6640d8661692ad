import { BackgroundLoop } from '../../../src/event-store/background-loop.js'
import { backoff, pause, untilCommonMoment, within, yieldEvery } from '../../../src/event-store/timing.js'

const soon = 20
const never = new Promise<never>(() => {})
const took = async (work: Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work
  return performance.now() - began
}

describe('a pause', () => {
  it('lasts as long as it should', async () => {
    expect(await took(pause(soon))).toBeGreaterThanOrEqual(soon / 2) // a timer counts from when its turn of the loop began
  })

  it('ends when its signal aborts, and does not begin after that', async () => {
    const stopping = new AbortController()
    setTimeout(() => stopping.abort(), 5)
    expect(await took(pause(60_000, stopping.signal))).toBeLessThan(5_000)
    expect(await took(pause(60_000, stopping.signal))).toBeLessThan(5_000)
  })

  it('leaves nobody listening', async () => {
    const { signal } = new AbortController()
    const listeners = new Set<unknown>()
    const watched = Object.assign(Object.create(null), {
      addEventListener: (kind: string, done: unknown) => listeners.add([kind, done].join()),
      removeEventListener: (kind: string, done: unknown) => listeners.delete([kind, done].join()),
    })
    await pause(1, watched as AbortSignal)
    expect(listeners.size).toBe(0)
    expect(signal.aborted).toBe(false)
  })
})

describe('a deadline', () => {
  it('gives the result that comes in time, and an error too', async () => {
    expect(await within(60_000, Promise.resolve('done'))).toBe('done')
    await expect(within(60_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  })

  it('gives nothing when the time is up, and drops the error that comes later', async () => {
    let fail: (error: Error) => void = () => {}
    const late = new Promise((_, reject) => (fail = reject))
    expect(await within(1, late)).toBeUndefined()
    fail(new Error('too late'))
    expect(await within(1, never)).toBeUndefined()
  })
})

describe('the next moment in common', () => {
  it.each([
    [1_000, 100],
    [1_030, 70],
    [1_074, 26],
    [1_075, 125],
    [1_099, 101],
  ])('of those that come each 100 ms is, at %i, in %i ms: the one after where it is near', (now, expected) => {
    jest.spyOn(Date, 'now').mockReturnValue(now)
    expect(untilCommonMoment(100)).toBe(expected)
    jest.restoreAllMocks()
  })
})

describe('work that takes long', () => {
  it('has to wait for its next turn after some milliseconds', async () => {
    const turn = yieldEvery()
    for (const began = performance.now(); performance.now() - began < 20;);
    const next = turn()
    expect(next).toBeInstanceOf(Promise)
    await next
  })
})

describe('the wait between attempts', () => {
  it('doubles up to 50 ms', () => {
    expect([0, 1, 2, 5, 6, 60].map(backoff)).toEqual([1, 2, 4, 32, 50, 50])
  })
})

describe('a loop beside the requests', () => {
  it('goes round until it is stopped, also after a round that failed, and stops at once', async () => {
    const errors: unknown[] = []
    let rounds = 0
    const loop = BackgroundLoop.ofRounds(
      async () => {
        if (++rounds === 2) throw new Error('a bad round')
      },
      { everyMs: 1, onError: (error) => errors.push(error) },
    )
    loop.start()
    while (rounds < 4) await pause(1)
    await loop.stop()
    const after = rounds
    await pause(10)
    expect(rounds).toBe(after)
    expect(errors).toEqual([new Error('a bad round')])
    const slow = BackgroundLoop.ofRounds(async () => {}, { everyMs: 60_000, onError: () => {} })
    slow.start()
    expect(await took(slow.stop())).toBeLessThan(5_000)
  })

  it('begins its work again after an error that nobody has handled: it ends no process', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    let tries = 0
    const loop = new BackgroundLoop(async (signal) => {
      if (++tries === 1) throw new Error('nobody thought of that')
      await pause(60_000, signal)
    })
    loop.start()
    while (tries < 2) await pause(10)
    await loop.stop()
    expect(warnings.mock.calls).toEqual([[new Error('nobody thought of that')]])
    warnings.mockRestore()
  })

  it('waits for the round that is under way when it stops', async () => {
    let end = () => {}
    let isDone = false
    const loop = new BackgroundLoop(async (signal) => {
      await new Promise<void>((resolve) => (end = resolve))
      expect(signal.aborted).toBe(true)
      isDone = true
    })
    loop.start()
    const stopped = loop.stop()
    end()
    await stopped
    expect(isDone).toBe(true)
    await new BackgroundLoop(() => never).stop() // never started
  })
})
