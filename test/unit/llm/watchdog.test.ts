import type { Chunk } from '../../../src/llm/provider.js'
import { withWatchdog } from '../../../src/llm/watchdog.js'
import { never, read } from '../../support/llm/reading.js'

const patient = { idleMs: 60_000, totalMs: 60_000 }

/** Says these, and then nothing; hears no abort. */
async function* deaf(...texts: string[]): AsyncGenerator<Chunk> {
  for (const text of texts) yield { text }
  await new Promise(() => {})
}

async function* saying(...texts: string[]): AsyncGenerator<Chunk> {
  for (const text of texts) yield { text }
  yield { finish: 'stop' }
}

describe('the watchdog', () => {
  // Its timers are the only ones here: those that are left would be seen.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }))
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0)
    jest.useRealTimers()
  })

  it('passes on what comes in time', async () => {
    expect(await read(withWatchdog(() => saying('a', 'b'), patient, never()))).toMatchObject({
      texts: ['a', 'b'],
      finish: 'stop',
      error: undefined,
    })
  })

  it.each([
    ['before the first chunk', [], ''],
    ['after some', ['a', 'b'], 'ab'],
  ])('cuts off what stalls %s, also when it hears no abort', async (_, texts, text) => {
    let heard: AbortSignal | undefined
    const reading = read(
      withWatchdog((signal) => ((heard = signal), deaf(...texts)), { idleMs: 1000, totalMs: 60_000 }, never()),
    )
    await jest.advanceTimersByTimeAsync(1000)
    const { text: got, error } = await reading
    expect(got).toBe(text)
    expect(error).toMatchObject({
      name: 'ProviderError',
      code: 'provider_stalled',
      retryable: true,
      message: expect.stringContaining('1 seconds') as string,
    })
    expect(heard?.aborted).toBe(true)
  })

  it('cuts off what goes on for too long', async () => {
    async function* endless(): AsyncGenerator<Chunk> {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 400))
        yield { alive: true }
      }
    }
    let heard: AbortSignal | undefined
    const reading = read(
      withWatchdog((signal) => ((heard = signal), endless()), { idleMs: 500, totalMs: 2000 }, never()),
    )
    await jest.advanceTimersByTimeAsync(2000)
    const { alive, error } = await reading
    expect(alive).toBeGreaterThan(2)
    expect(error).toMatchObject({ code: 'provider_timeout', retryable: true })
    expect(heard?.aborted).toBe(true)
    await jest.advanceTimersByTimeAsync(400) // the endless one's own timer
  })

  it('does not count the time that the reader takes as silence', async () => {
    const texts: string[] = []
    const reading = (async () => {
      for await (const chunk of withWatchdog(() => saying('a', 'b'), { idleMs: 10, totalMs: 60_000 }, never())) {
        if ('text' in chunk) texts.push(chunk.text)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    })()
    await jest.advanceTimersByTimeAsync(3000)
    await reading
    expect(texts).toEqual(['a', 'b'])
  })

  it('throws the signal’s reason, also when the provider hears no abort', async () => {
    const stop = new AbortController()
    const reading = read(withWatchdog(() => deaf('a'), patient, stop.signal))
    await jest.advanceTimersByTimeAsync(1)
    stop.abort(new Error('stopped by the user'))
    expect(await reading).toMatchObject({ text: 'a', error: new Error('stopped by the user') })
  })

  it('throws it before anything was read', async () => {
    const { error } = await read(withWatchdog(() => saying('a'), patient, AbortSignal.abort(new Error('too late'))))
    expect(error).toEqual(new Error('too late'))
  })

  it('passes on what the provider throws', async () => {
    async function* failing(): AsyncGenerator<Chunk> {
      yield { text: 'a' }
      throw new Error('no more')
    }
    expect(await read(withWatchdog(failing, patient, never()))).toMatchObject({
      text: 'a',
      error: new Error('no more'),
    })
  })

  it('ends the request when the reader leaves', async () => {
    let heard: AbortSignal | undefined
    for await (const _ of withWatchdog((signal) => ((heard = signal), saying('a', 'b')), patient, never())) break
    expect(heard?.aborted).toBe(true)
  })
})
