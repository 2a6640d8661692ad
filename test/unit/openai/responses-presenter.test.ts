import type { ResponseRequest } from '../../../src/chat/api/openai/responses/response-requests.js'
import { asResponse, outputOf } from '../../../src/chat/api/openai/responses/responses.presenter.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'
import { call, callItem, id, output, uuid } from '../../support/openai/shown-items.js'

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
