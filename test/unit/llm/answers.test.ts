import { withWatchdog } from '../../../src/llm/watchdog.js'
import { asking, type Line, lines, never, read } from '../../support/llm/reading.js'

describe.each(lines)('an answer of $name', ({ open }) => {
  let line: Line

  beforeEach(async () => {
    line = await open()
  })
  afterEach(() => line?.server.close())

  const ask = (content?: string, more = {}) => line.provider.complete(asking(line.model, content, more), never())

  it('comes in chunks, then what it took, then why it ended', async () => {
    expect(await read(ask())).toMatchObject({
      texts: ['You', ' asked:', ' How', ' are', ' you', ' today?'],
      usage: { promptTokens: 4, completionTokens: 6 },
      finish: 'stop',
      error: undefined,
    })
  })

  it('has no count when the server does not count', async () => {
    line.server.failNext('no_usage')
    const { usage, finish } = await read(ask())
    expect([usage, finish]).toEqual([undefined, 'stop'])
  })

  it('says when it was cut for its length', async () => {
    expect(await read(ask('How are you?', { maxTokens: 3 }))).toMatchObject({
      text: 'You asked: How',
      finish: 'length',
    })
    line.server.failNext({ fault: 'length', at: 2 })
    expect(await read(ask())).toMatchObject({ text: 'You asked:', finish: 'length', error: undefined })
  })

  it('may be empty', async () => {
    line.server.answerWith('')
    expect(await read(ask())).toMatchObject({ text: '', finish: 'stop', error: undefined })
  })

  it('is whole characters in every chunk, wherever the server cuts', async () => {
    line.server.answerWith(['a', '\ud83d', '\ude00', 'b\ud83d', '\ude00c'])
    const { texts, error } = await read(ask())
    expect(texts).toEqual(['a', '😀', 'b', '😀c'])
    expect(error).toBeUndefined()
  })

  it('is well-formed even when the server sends half a character', async () => {
    line.server.answerWith(['a', '\ud83d', 'b', '\ude00', 'c\ud83d'])
    expect(await read(ask())).toMatchObject({
      text: 'a\ufffdb\ufffdc\ufffd',
      finish: 'stop',
      usage: { completionTokens: 5 },
    })
  })

  it.each([1, 2, 3, 7])('is the same when its bytes come %i at a time', async (at) => {
    line.server.answerWith('Grüße, 世界 😀!')
    line.server.failNext({ fault: 'pieces', at })
    expect(await read(ask())).toMatchObject({ text: 'Grüße, 世界 😀!', finish: 'stop' })
  })

  it('shows that the model is at work before it says something', async () => {
    line.server.failNext({ fault: 'think', at: 5 })
    const { alive, text } = await read(ask('Hi'))
    expect(alive).toBeGreaterThanOrEqual(5)
    expect(text).toBe('You asked: Hi')
  })

  it('throws the reason of an abort, and ends the request: before it, while nothing comes, in the middle', async () => {
    const reason = new Error('stopped by the user')
    const started = new AbortController()
    started.abort(reason)
    expect((await read(line.provider.complete(asking(line.model), started.signal))).error).toBe(reason)
    expect(line.server.requests).toHaveLength(0)

    line.server.failNext({ fault: 'stall', at: 0 })
    const waiting = new AbortController()
    const nothing = read(line.provider.complete(asking(line.model), waiting.signal))
    await line.server.requested(1)
    waiting.abort(reason)
    expect(await nothing).toMatchObject({ error: reason, text: '', finish: undefined })
    await line.server.idle()

    line.server.failNext({ fault: 'stall', at: 2 })
    const reading = new AbortController()
    const seen: string[] = []
    const readOn = async () => {
      for await (const chunk of line.provider.complete(asking(line.model), reading.signal)) {
        if ('text' in chunk) seen.push(chunk.text)
        if (seen.length === 2) reading.abort(reason)
      }
    }
    await expect(readOn()).rejects.toBe(reason)
    expect(seen.join('')).toBe('You asked:')
    await line.server.idle()
  })

  it('throws the reason of an abort also when the rest has already come', async () => {
    const reading = new AbortController()
    const chunks = line.provider.complete(asking(line.model), reading.signal)[Symbol.asyncIterator]()
    await chunks.next()
    await line.server.idle()
    reading.abort()
    await expect(chunks.next()).rejects.toBe(reading.signal.reason)
  })

  it('ends the request when its reader leaves', async () => {
    line.server.failNext({ fault: 'stall', at: 1 })
    for await (const chunk of ask()) if ('text' in chunk) break
    await line.server.idle()
    expect(line.server.requests).toHaveLength(1)
  })

  it('leaves nothing behind on a signal that lives on', async () => {
    const { signal } = new AbortController()
    const listeners = jest.spyOn(signal, 'addEventListener')
    const released = jest.spyOn(signal, 'removeEventListener')
    await read(line.provider.complete(asking(line.model), signal))
    line.server.failNext('status')
    await read(line.provider.complete(asking(line.model), signal))
    expect(listeners).toHaveBeenCalled()
    expect(released).toHaveBeenCalledTimes(listeners.mock.calls.length)
  })

  it('is cut off by the watchdog when it stalls, and the request with it', async () => {
    line.server.failNext({ fault: 'stall', at: 2 })
    const { text, error } = await read(
      withWatchdog(
        (signal) => line.provider.complete(asking(line.model), signal),
        { idleMs: 100, totalMs: 60_000 },
        never(),
      ),
    )
    expect('You asked:').toContain(text)
    expect(error).toMatchObject({ code: 'provider_stalled', retryable: true })
    await line.server.idle()
  })

  it('is cut off by the watchdog when it takes too long, though it goes on', async () => {
    line.server.answerWith(Array.from({ length: 1000 }, () => 'on and '))
    line.server.failNext({ fault: 'slow', at: 5 })
    const { text, error } = await read(
      withWatchdog(
        (signal) => line.provider.complete(asking(line.model), signal),
        { idleMs: 60_000, totalMs: 100 },
        never(),
      ),
    )
    expect(text).toMatch(/^(on and )*$/)
    expect(error).toMatchObject({ code: 'provider_timeout', retryable: true })
    await line.server.idle()
  })
})
