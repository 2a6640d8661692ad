import { callItemId, messageOfItem, openAiId, uuidOf } from '../../../src/chat/api/openai/item-ids.js'
import { asItems, asToldItem, asToldMessage } from '../../../src/chat/api/openai/items.presenter.js'
import type { ResponseRequest } from '../../../src/chat/api/openai/responses/response-requests.js'
import { asResponse, outputOf } from '../../../src/chat/api/openai/responses/responses.presenter.js'
import {
  attemptNumber,
  numberAt,
  parseSequenceNumber,
  places,
  placeOfText,
  placesOfCall,
  sequenceNumber,
  unitsAt,
} from '../../../src/chat/api/openai/responses/sequence-numbers.js'
import { newAttemptId } from '../../../src/chat/open-reply/attempt-ids.js'
import type { OpenedMessage } from '../../../src/chat/read-models/opened-message.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'

const uuid = (last: number) => `6eff1fce-c065-8bcf-87fe-e5aa94924bb${last}`
const id = (kind: string, last: number) => `${kind}_6eff1fcec0658bcf87fee5aa94924bb${last}`
const call = (name: string, more = {}) => ({
  id: `call_${name}`,
  type: 'function' as const,
  function: { name, arguments: '{"a":1}' },
  ...more,
})
const callItem = (name: string, nth: number) => ({
  type: 'function_call',
  id: `${id('fc', 0)}_${nth}`,
  status: 'completed',
  call_id: `call_${name}`,
  name,
  arguments: '{"a":1}',
})
const output = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })
const notFound = (about: RegExp) =>
  expect.objectContaining({ code: 'not_found', message: expect.stringMatching(about) as string }) as unknown
const errorOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('an id of an item', () => {
  it('is our own with its kind before it, and back', () => {
    expect(openAiId('resp', uuid(1))).toBe(id('resp', 1))
    expect(uuidOf('resp', id('resp', 1))).toBe(uuid(1))
    expect(callItemId(uuid(1), 12)).toBe(`${id('fc', 1)}_12`)
    for (const item of [id('msg', 1), id('fco', 1), `${id('fc', 1)}_0`, `${id('fc', 1)}_9999`])
      expect(messageOfItem(item)).toBe(uuid(1))
  })

  it.each([
    ['', 'x'],
    ['of another kind', id('conv', 1)],
    ['without digits', 'resp_'],
    ['with one more', `${id('resp', 1)}0`],
    ['in capitals', id('resp', 1).toUpperCase()],
    ['with something before it', ` ${id('resp', 1)}`],
    ['with a place', `${id('resp', 1)}_1`],
  ])('%s is none of a response', (_, wrong) => {
    expect(errorOf(() => uuidOf('resp', wrong))).toEqual(notFound(/^there is no such response$/))
  })

  it.each([id('resp', 1), id('fc', 1), `${id('msg', 1)}_0`, `${id('fc', 1)}_12345`, 'constructor_1', ''])(
    '%s is none of an item',
    (wrong) => expect(errorOf(() => messageOfItem(wrong))).toEqual(notFound(/^there is no such item$/)),
  )

  it('says what is not there', () => {
    expect(errorOf(() => uuidOf('conv', 'x'))).toEqual(notFound(/conversation/))
    expect(errorOf(() => uuidOf('cmp', 'x'))).toEqual(notFound(/compaction/))
  })
})

describe('a message that a client sends', () => {
  it('is ours, with what it has', () => {
    expect(asToldMessage({ role: 'user', content: 'Hi' })).toEqual({ role: 'user', content: 'Hi' })
    expect(asToldMessage({ role: 'developer', content: 'Be short.' })).toEqual({ role: 'system', content: 'Be short.' })
    expect(asToldMessage({ role: 'assistant', tool_calls: [call('sum')] })).toEqual({
      role: 'assistant',
      content: '',
      toolCalls: [call('sum')],
    })
    expect(asToldMessage({ role: 'assistant', content: '', tool_calls: [] })).toEqual({
      role: 'assistant',
      content: '',
    })
    expect(asToldMessage({ role: 'tool', content: '3', tool_call_id: 'c' })).toEqual({
      role: 'tool',
      content: '3',
      toolCallId: 'c',
    })
  })

  it('has its words joined, and its images apart from them', () => {
    const parts = [
      { text: 'What is ' },
      { image_url: { url: 'https://a', detail: 'low' as const } },
      { text: 'this?' },
      { image_url: 'https://b', detail: 'high' as const },
      { image_url: 'https://c' },
    ]
    expect(asToldMessage({ role: 'user', content: parts })).toEqual({
      role: 'user',
      content: 'What is this?',
      images: [{ url: 'https://a', detail: 'low' }, { url: 'https://b', detail: 'high' }, { url: 'https://c' }],
    })
    expect(asToldMessage({ role: 'user', content: [{ text: 'Hi' }] })).not.toHaveProperty('images')
  })

  it('may be a call, or the output of one', () => {
    expect(
      asToldItem({ type: 'function_call', call_id: 'call_sum', name: 'sum', arguments: '{"a":1}' } as never),
    ).toEqual({ role: 'assistant', content: '', toolCalls: [call('sum')] })
    expect(asToldItem({ type: 'function_call_output', call_id: 'call_sum', output: '3' } as never)).toEqual({
      role: 'tool',
      content: '3',
      toolCallId: 'call_sum',
    })
    expect(asToldItem({ type: 'message', role: 'user', content: 'Hi' } as never)).toEqual({
      role: 'user',
      content: 'Hi',
    })
  })
})

describe('a message of a chat', () => {
  const items = (message: Partial<OpenedMessage>) =>
    asItems({ id: uuid(0), role: 'user', status: 'completed', content: 'Hi', ...message } as OpenedMessage)
  const item = (more: object) => ({ type: 'message', id: id('msg', 0), status: 'completed', ...more })
  const input = (text: string) => ({ type: 'input_text', text })
  const image = (url: string, detail: string) => ({ type: 'input_image', image_url: url, detail })

  it('is an item', () => {
    expect(items({})).toEqual([item({ role: 'user', content: [input('Hi')] })])
    expect(items({ role: 'system' })).toEqual([item({ role: 'system', content: [input('Hi')] })])
  })

  it('has its images behind its words, or instead of them', () => {
    const images = [{ url: 'https://a' }, { url: 'https://b', detail: 'low' as const }]
    const parts = [image('https://a', 'auto'), image('https://b', 'low')]
    expect(items({ images })).toEqual([item({ role: 'user', content: [input('Hi'), ...parts] })])
    expect(items({ images, content: '' })).toEqual([item({ role: 'user', content: parts })])
    expect(items({ content: '' })).toEqual([item({ role: 'user', content: [input('')] })])
  })

  it('that is an answer has its words and each call that may be made', () => {
    const answer = item({ role: 'assistant', content: [output('Hi')] })
    const toolCalls = [call('sum'), call('weather', { approval: 'approved' })]
    const calls = [callItem('sum', 0), callItem('weather', 1)]
    expect(items({ role: 'assistant' })).toEqual([answer])
    expect(items({ role: 'assistant', toolCalls })).toEqual([answer, ...calls])
    expect(items({ role: 'assistant', toolCalls, content: '' })).toEqual(calls)
    const others = [call('sum', { approval: 'waits' }), call('weather', { approval: 'denied' })]
    expect(items({ role: 'assistant', toolCalls: others })).toEqual([answer])
  })

  it('that is the output of a call says of which', () => {
    const of = { type: 'function_call_output', id: id('fco', 0), status: 'completed', call_id: 'c', output: 'Hi' }
    expect(items({ role: 'tool', toolCallId: 'c' })).toEqual([of])
  })

  it('that a function has said is a developer’s', () => {
    for (const role of ['function', 'tool'] as const)
      expect(items({ role })).toEqual([item({ role: 'developer', content: [input('Hi')] })])
  })

  it.each([
    ['pending', 'in_progress'],
    ['completed', 'completed'],
    ['failed', 'incomplete'],
    ['cancelled', 'incomplete'],
  ] as const)('that is %s says %s', (status, shown) => expect(items({ status })).toMatchObject([{ status: shown }]))

  it('that is still written has no words', () =>
    expect(items({ role: 'assistant', status: 'pending' })).toMatchObject([{ content: [] }]))
})

const at = new Date('2026-01-31T12:00:00.900Z')
const asked: ResponseRequest = {
  chatId: uuid(2),
  promptId: uuid(1),
  replyId: uuid(0),
  model: 'offline/echo',
  settings: {},
  options: {},
  at,
}
const ended: ReplyOutcome = {
  status: 'completed',
  text: 'A fact.',
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
  cached: false,
  attempt: 'a',
  finish: 'stop',
  at: new Date(at.getTime() + 2_000),
  position: 9,
}
const failed: ReplyOutcome = {
  ...ended,
  status: 'failed',
  text: '',
  error: { code: 'provider_timeout', detail: 'Late.' },
}

describe('a response', () => {
  const message = { type: 'message', id: id('msg', 0), status: 'completed', role: 'assistant' }

  it('that is open says what was asked, and what counts where nothing was said', () => {
    expect(asResponse(asked)).toEqual({
      id: id('resp', 0),
      object: 'response',
      created_at: 1_769_860_800,
      completed_at: null,
      status: 'in_progress',
      background: false,
      conversation: { id: id('conv', 2) },
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      model: 'offline/echo',
      output: [],
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: null,
      safety_identifier: null,
      service_tier: 'default',
      store: true,
      temperature: 1,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      truncation: 'auto',
      usage: null,
      user: null,
    })
    expect(asResponse(asked, undefined, 'queued')).toMatchObject({ status: 'queued', usage: null })
  })

  it('says how it was asked', () => {
    const request: ResponseRequest = {
      ...asked,
      unstored: true,
      settings: { temperature: 0, topP: 0.5, maxTokens: 9, presencePenalty: 0.25, frequencyPenalty: -0.25 },
      options: {
        background: true,
        instructions: 'Be short.',
        metadata: { topic: 'events' },
        parallelToolCalls: false,
        follows: uuid(3),
        responseFormat: { type: 'json_schema', name: 'answer', schema: {} },
        toolChoice: { name: 'sum' },
        tools: [{ name: 'sum' }, { name: 'weather', description: 'Of a city', parameters: {}, strict: true }],
        user: 'ann',
      },
    }
    expect(asResponse(request)).toMatchObject({
      background: true,
      conversation: null,
      store: false,
      instructions: 'Be short.',
      max_output_tokens: 9,
      metadata: { topic: 'events' },
      parallel_tool_calls: false,
      previous_response_id: id('resp', 3),
      temperature: 0,
      top_p: 0.5,
      presence_penalty: 0.25,
      frequency_penalty: -0.25,
      text: { format: { type: 'json_schema', name: 'answer', description: null, schema: {}, strict: false } },
      tool_choice: { type: 'function', name: 'sum' },
      tools: [
        { type: 'function', name: 'sum', description: null, parameters: null, strict: null },
        { type: 'function', name: 'weather', description: 'Of a city', parameters: {}, strict: true },
      ],
      user: 'ann',
    })
    const jsonObject = { ...asked, options: { responseFormat: { type: 'json_object' as const } } }
    expect(asResponse(jsonObject)).toMatchObject({ text: { format: { type: 'json_object' } } })
  })

  it('that is complete says so, with what it has cost', () => {
    expect(asResponse(asked, { ...ended, model: 'openai/x' })).toMatchObject({
      status: 'completed',
      completed_at: 1_769_860_802,
      model: 'openai/x',
      incomplete_details: null,
      error: null,
      output: [{ ...message, content: [output('A fact.')] }],
      usage: {
        input_tokens: 1,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 2,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 3,
      },
    })
    expect(asResponse(asked, ended)).toMatchObject({ model: 'offline/echo' })
  })

  it.each([
    ['length', 'max_output_tokens'],
    ['filtered', 'content_filter'],
  ] as const)('that ended by %s is incomplete', (finish, reason) =>
    expect(asResponse(asked, { ...ended, finish })).toMatchObject({
      status: 'incomplete',
      completed_at: null,
      incomplete_details: { reason },
      output: [{ status: 'incomplete' }],
    }),
  )

  it('that asks for calls is complete', () => {
    const calls: ReplyOutcome = { ...ended, finish: 'tools', toolCalls: [call('sum')] }
    expect(asResponse(asked, calls)).toMatchObject({ status: 'completed' })
    expect(outputOf(uuid(0), calls)).toEqual([{ ...message, content: [output('A fact.')] }, callItem('sum', 0)])
  })

  it('that was stopped has what was there', () => {
    expect(asResponse(asked, { ...ended, status: 'cancelled' })).toMatchObject({
      status: 'cancelled',
      completed_at: null,
      output: [{ status: 'incomplete', content: [output('A fact.')] }],
      usage: { total_tokens: 3 },
    })
    expect(outputOf(uuid(0), { ...ended, status: 'cancelled', text: '' })).toEqual([])
    const { finish: _, ...unfinished } = ended
    expect(asResponse(asked, unfinished)).toMatchObject({ status: 'completed' })
  })

  it('that has failed has no output and no cost', () =>
    expect(asResponse(asked, failed)).toMatchObject({
      status: 'failed',
      error: { code: 'provider_timeout', message: 'Late.' },
      output: [],
      usage: null,
      completed_at: null,
    }))
})

describe('the number of an event', () => {
  it('has the number of the attempt and the place in it, and back', () => {
    for (const [attempt, place] of [
      [0, places.created],
      [1, places.partAdded],
      [2 ** 32 - 1, places.ended],
    ] as const)
      expect(parseSequenceNumber(sequenceNumber(attempt, place))).toEqual({ attempt, place })
    expect(sequenceNumber(1, 0)).toBe(sequenceNumber(0, places.ended) + 1)
    expect(Number.isSafeInteger(sequenceNumber(2 ** 32 - 1, places.ended))).toBe(true)
  })

  it('grows from what opens the stream, over the text and the calls, to the end', () => {
    const { created, queued, inProgress, itemAdded, partAdded, textDone, partDone, itemDone, ended: end } = places
    const calls = [placesOfCall(0)!, placesOfCall(1)!, placesOfCall(1022)!].map((of) => Object.values(of) as number[])
    const opening = [created, queued, inProgress, itemAdded, partAdded, placeOfText(1), placeOfText(2)]
    const all = [...opening, textDone - 1, textDone, partDone, itemDone, ...calls.flat(), end]
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
    expect(placesOfCall(1022)!.done).toBe(end - 1)
    expect(placesOfCall(1023)).toBeUndefined()
  })

  it('says how much of the text its reader has', () => {
    for (const units of [0, 1, 1_000]) expect(unitsAt(placeOfText(units))).toBe(units)
    expect(unitsAt(places.created)).toBe(0)
    expect(unitsAt(places.textDone)).toBe(Infinity)
    expect(unitsAt(places.textDone - 1)).toBeLessThan(Infinity)
    expect(placeOfText(2 ** 22)).toBe(places.textDone - 1)
  })

  it('has that of an attempt from its time after the prompt', () => {
    const after = (ms: number) => newAttemptId(at.getTime() + ms)
    expect(attemptNumber(after(7), at)).toBe(7)
    expect([attemptNumber(after(0), at), attemptNumber(after(-5), at), attemptNumber('old', at)]).toEqual([1, 1, 1])
    expect(numberAt(at.getTime() + 2 ** 33, at)).toBe(2 ** 32 - 1)
  })
})
