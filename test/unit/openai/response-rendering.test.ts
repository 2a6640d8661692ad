import { attemptBeganAt, newAttemptId } from '../../../src/chat/open-reply/attempt-ids.js'
import type { ResponseRequest } from '../../../src/chat/api/openai/responses/response-requests.js'
import { frameEvents } from '../../../src/chat/api/openai/responses/event-wording.js'
import { ResponseRendering } from '../../../src/chat/api/openai/responses/response-rendering.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'
import { eventsIn, type ResponseEvent, textOf } from '../../support/openai/open-responses.js'

const at = new Date('2026-01-31T12:00:00Z')
const asked: ResponseRequest = {
  chatId: '6eff1fce-c065-8bcf-87fe-e5aa94924bb0',
  promptId: '6eff1fce-c065-8bcf-87fe-e5aa94924bb1',
  replyId: '6eff1fce-c065-8bcf-87fe-e5aa94924bb2',
  model: 'offline/echo',
  settings: {},
  options: {},
  at,
}
const after = (ms: number) => new Date(at.getTime() + ms)
const first = newAttemptId(after(5).getTime())
const second = newAttemptId(after(9000).getTime())
const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const ended: ReplyOutcome = {
  status: 'completed',
  text: '',
  usage,
  cached: false,
  finish: 'stop',
  at: after(10_000),
  position: 9,
}
const completed = (attempt: string, text: string): ReplyOutcome => ({ ...ended, attempt, text })
const failed: ReplyOutcome = { ...ended, status: 'failed', error: { code: 'provider_timeout', detail: 'Late.' } }

const text = 'A fact 😀 that happened, named in the past tense.'
const lastDelta = (events: readonly ResponseEvent[]) => events.findLast(({ delta }) => delta)!
const types = (events: readonly ResponseEvent[]) => events.map(({ type }) => type.replace(/^response\./, ''))

const call = (id: string, name: string, args: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
})
const withCalls = (words: string): ReplyOutcome => ({
  ...completed(first, words),
  finish: 'tools',
  toolCalls: [call('c1', 'a', '{"city":"Paris"}'), call('c2', 'b', '{}')],
})
const callEvents = [
  'output_item.added',
  'function_call_arguments.delta',
  'function_call_arguments.done',
  'output_item.done',
]

/** What a reader gets of the stored reply. */
const read = (outcome: ReplyOutcome, startingAfter?: number) => {
  const rendering = new ResponseRendering(asked, startingAfter)
  return eventsIn(rendering.begin() + rendering.outcome(outcome))
}

describe('the id of an attempt', () => {
  it('has the time at which it began, as that of an edit has; ids of older builds have none', () => {
    expect(attemptBeganAt(first)).toBe(after(5).getTime())
    expect(first).not.toBe(newAttemptId(after(5).getTime()))
    expect(attemptBeganAt(`edited-${at.getTime()}`)).toBe(at.getTime())
    expect(attemptBeganAt('6eff1fce-c065-4bcf-87fe-e5aa94924bb0')).toBeUndefined()
  })
})

describe('the events of a response', () => {
  it('are those of Open Responses, in their order, with numbers that grow', () => {
    const rendering = new ResponseRendering(asked)
    const stream =
      rendering.begin() +
      rendering.delta({ attempt: first, offset: 0, text: text.slice(0, 7) })! +
      rendering.delta({ attempt: first, offset: 7, text: text.slice(7, 20) })! +
      rendering.outcome(completed(first, text))
    const { events, isDone } = eventsIn(stream)
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      ...Array.from({ length: 10 }, () => 'output_text.delta'),
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ])
    expect([textOf(events), isDone]).toEqual([text, true])
    const numbers = events.map(({ sequence_number: number }) => number)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    expect(events.at(-1)!.response).toMatchObject({ status: 'completed', usage: { total_tokens: 3 } })
  })

  it('go on behind each event and each letter: no part comes twice and none is missing', () => {
    const whole = read(completed(first, text)).events
    const textBegins = lastDelta(whole).sequence_number - text.length
    // Nobody is ever sent half of a surrogate pair.
    const cuts = Array.from(text.slice(1), (_, i) => i + 1).filter((units) => text.slice(0, units).isWellFormed())
    const places = [...whole.map(({ sequence_number: number }) => number), ...cuts.map((units) => textBegins + units)]
    for (const place of places) {
      const { events, isDone } = read(completed(first, text), place)
      expect(isDone).toBe(true)
      expect(events.every(({ sequence_number: number }) => number > place)).toBe(true)
      const units = Math.min(Math.max(0, place - textBegins), text.length)
      expect(text.slice(0, units) + textOf(events)).toBe(text)
    }
  })

  it('have the calls that an answer asks for, each of them whole, behind its text', () => {
    const { events, isDone } = read(withCalls(text))
    expect(types(events).slice(-13)).toEqual([
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      ...[0, 1].flatMap(() => callEvents),
      'completed',
    ])
    expect(isDone).toBe(true)
    const { output } = events.at(-1)!.response
    expect(output).toMatchObject([{ type: 'message' }, { name: 'a', call_id: 'c1' }, { name: 'b', call_id: 'c2' }])
    const done = events.filter(({ type }) => type === 'response.output_item.done')
    expect(done.map(({ item, output_index: index }) => [index, item])).toEqual([...output.entries()])
    const deltas = events.filter(({ type }) => type === 'response.function_call_arguments.delta')
    expect(deltas.map(({ delta, output_index: index }) => [index, delta])).toEqual([
      [1, '{"city":"Paris"}'],
      [2, '{}'],
    ])
  })

  it('have no message when an answer has calls only, however it has come', () => {
    const rendering = new ResponseRendering(asked)
    const stream = rendering.begin() + rendering.text({ attempt: first, text: '' })
    const { events } = eventsIn(stream + rendering.outcome(withCalls('')))
    expect(types(events)).toEqual(['created', 'in_progress', ...callEvents, ...callEvents, 'completed'])
    expect(events.at(-1)!.response).toMatchObject({
      status: 'completed',
      output: [{ call_id: 'c1' }, { call_id: 'c2' }],
    })
    expect(events.flatMap(({ output_index: index = -1 }) => index).filter((index) => index >= 0)).toEqual([
      0, 0, 0, 0, 1, 1, 1, 1,
    ])
  })

  it.each(['', text])('with calls go on behind each event: after the text “%s”', (words) => {
    const whole = read(withCalls(words)).events
    const numbers = whole.map(({ sequence_number: number }) => number)
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    for (const [i, number] of numbers.entries())
      expect(read(withCalls(words), number)).toEqual({ events: whole.slice(i + 1), isDone: true })
  })

  it('of another attempt are never sent behind those of the first: the stream ends without [DONE]', () => {
    const rendering = new ResponseRendering(asked)
    const begun = rendering.begin() + rendering.delta({ attempt: first, offset: 0, text: 'One wo' })!
    const { events, isDone } = eventsIn(begun + rendering.delta({ attempt: second, offset: 0, text: 'Another' })!)
    expect([textOf(events), isDone, rendering.isOver]).toEqual(['One ', false, true])
    expect(rendering.isComplete).toBe(false)
    const resumed = read(completed(second, 'Another text'), events.at(-1)!.sequence_number)
    expect(types(resumed.events).slice(0, 3)).toEqual(['created', 'in_progress', 'output_item.added'])
    expect([textOf(resumed.events), resumed.isDone]).toEqual(['Another text', true])
    expect(resumed.events[0]!.sequence_number).toBeGreaterThan(events.at(-1)!.sequence_number)
  })

  it('begin anew with numbers that grow, though the attempt that was stored began earlier', () => {
    const { events } = read(completed(second, text))
    const resumed = read(completed(first, 'The first one was faster'), events.at(-3)!.sequence_number)
    expect([textOf(resumed.events), resumed.isDone]).toEqual(['The first one was faster', true])
    expect(resumed.events[0]!.sequence_number).toBeGreaterThan(events.at(-3)!.sequence_number)
  })

  it('begin anew for a reader who has more than was kept of a cancelled reply', () => {
    const { events } = read(completed(first, text))
    const delta = lastDelta(events)
    const resumed = read({ ...ended, status: 'cancelled', attempt: first, text: 'A fact' }, delta.sequence_number)
    expect(types(resumed.events).at(0)).toBe('created')
    expect([textOf(resumed.events), types(resumed.events).at(-1)]).toEqual(['A fact', 'incomplete'])
    expect(resumed.events.at(-1)!.response).toMatchObject({ status: 'cancelled', output: [{ status: 'incomplete' }] })
  })

  it('are the same for a reader who knows nothing of any attempt yet, whichever comes', () => {
    const created = eventsIn(new ResponseRendering(asked).begin()).events
    const { events } = read(completed(second, text), created.at(-1)!.sequence_number)
    expect([types(events)[0], textOf(events)]).toEqual(['output_item.added', text])
  })

  it('end with a failure, behind whatever came before, and say no more to those who have the end', () => {
    const { events } = read(completed(first, text))
    const delta = lastDelta(events)
    const rest = read(failed, delta.sequence_number)
    expect([types(rest.events), rest.isDone]).toEqual([['failed'], true])
    expect(rest.events[0]!.response.error).toEqual({ code: 'provider_timeout', message: 'Late.' })
    expect(types(read(failed).events)).toEqual(['created', 'in_progress', 'failed'])
    expect(read(failed, rest.events[0]!.sequence_number)).toEqual({ events: [], isDone: true })
    expect(read(completed(first, text), events.at(-1)!.sequence_number)).toEqual({ events: [], isDone: true })
  })

  it('end with an error that has the next number', () => {
    const rendering = new ResponseRendering(asked)
    const { events } = eventsIn(rendering.begin() + rendering.text({ attempt: first, text }))
    const [failure] = eventsIn(rendering.failed('erased', 'the chat was erased')).events
    expect(failure).toMatchObject({ type: 'error', sequence_number: events.at(-1)!.sequence_number + 1 })
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, true])
  })

  it('that were sent are never taken back: when nothing was kept, the stream ends and another one says so', () => {
    const cancelled: ReplyOutcome = { ...ended, status: 'cancelled' }
    const rendering = new ResponseRendering(asked)
    const { events } = eventsIn(rendering.begin() + rendering.text({ attempt: first, text }))
    expect(rendering.outcome(cancelled)).toBe('')
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, false])
    const early = events.find(({ delta }) => delta)!.sequence_number
    const inTheMiddle = new ResponseRendering(asked, early)
    expect(textOf(eventsIn(inTheMiddle.text({ attempt: first, text })).events)).toMatch(/\w/)
    expect(inTheMiddle.outcome(cancelled)).toBe('')
    const resumed = read(cancelled, events.at(-1)!.sequence_number)
    expect([types(resumed.events), resumed.isDone]).toEqual([['created', 'in_progress', 'incomplete'], true])
    expect(resumed.events[0]!.sequence_number).toBeGreaterThan(events.at(-1)!.sequence_number)
  })

  it('are cut alike, however the text has come', () => {
    const long = Array.from({ length: 3_000 }, (_, i) => (i % 50 ? `word${i} ` : '😀'.repeat(40))).join('')
    const whole = read(completed(first, long)).events
    const pieces = new ResponseRendering(asked)
    let stream = pieces.begin()
    for (let i = 0; i < long.length; i += 7)
      stream += pieces.text({
        attempt: first,
        text: long.slice(0, i).toWellFormed() === long.slice(0, i) ? long.slice(0, i) : long.slice(0, i + 1),
      })
    expect(eventsIn(stream + pieces.outcome(completed(first, long))).events).toEqual(whole)
    expect(textOf(whole)).toBe(long)
    expect(whole.every(({ delta }) => delta === undefined || delta.isWellFormed())).toBe(true)
    expect(whole.length).toBeLessThan(2_000)
  })

  it('wait when a process knows less than the reader has', () => {
    const { events } = read(completed(first, text))
    const rendering = new ResponseRendering(asked, lastDelta(events).sequence_number)
    expect(rendering.begin() + rendering.text({ attempt: first, text: text.slice(0, 5) })).toBe('')
    expect(types(eventsIn(rendering.outcome(completed(first, text))).events)[0]).toBe('output_text.done')
  })

  it('say that an answer was cut', () => {
    const { events } = read({ ...completed(first, text), finish: 'length' })
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    })
  })
})

describe('as frames of a WebSocket', () => {
  const framesOf = (lines: string) =>
    lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ResponseEvent)

  it('the events are the same, and the last one is the end', () => {
    const rendering = new ResponseRendering(asked, -1, frameEvents)
    const lines = rendering.begin() + rendering.outcome(withCalls(text))
    expect(framesOf(lines)).toEqual(read(withCalls(text)).events)
    expect([rendering.isComplete, rendering.keepAlive]).toEqual([true, ''])
  })

  it('there is no end when another attempt begins', () => {
    const rendering = new ResponseRendering(asked, -1, frameEvents)
    rendering.begin()
    rendering.text({ attempt: first, text })
    expect(rendering.outcome(completed(second, 'Another answer.'))).toBe('')
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, false])
  })

  it('an error has the status that it would have over HTTP', () => {
    const rendering = new ResponseRendering(asked, -1, frameEvents)
    rendering.begin()
    expect(framesOf(rendering.failed('erased', 'the chat was erased'))).toMatchObject([
      { type: 'error', status: 410, error: { code: 'erased' } },
    ])
    expect(rendering.isComplete).toBe(true)
  })
})
