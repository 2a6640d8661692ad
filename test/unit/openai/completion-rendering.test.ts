import { CompletionRendering } from '../../../src/chat/api/openai/completion-rendering.js'
import { asCompletion, completionHead, finishReasonOf } from '../../../src/chat/api/openai/completions.presenter.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'

const head = { id: 'chatcmpl-r1', created: 1, model: 'offline/echo' }
const ended: ReplyOutcome = {
  status: 'completed',
  text: 'A fact.',
  usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
  cached: false,
  attempt: 'a1',
  finish: 'stop',
  at: new Date(0),
  position: 9,
}
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'weather', arguments: '{}' } })

/** The messages of a stream, each of which is ended by an empty line. */
const read = (stream: string): unknown[] =>
  stream === ''
    ? []
    : stream
        .replace(/\n\n$/, '')
        .split('\n\n')
        .map((line) => line.replace(/^data: /, ''))
        .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)))
const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...head,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, logprobs: null, finish_reason, delta }],
})
const words = (content: string) => chunk({ content })
const error = (code: string, message: RegExp) => ({
  error: expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as unknown,
})
const restarted = error('reply_restarted', /began its answer anew/)

let rendering: CompletionRendering
beforeEach(() => void (rendering = new CompletionRendering(head, false)))
const add = (offset: number, text: string, attempt = 'a1') => rendering.delta({ attempt, offset, text })

describe('the chunks of a chat completion', () => {
  it('begin with the role, once', () => {
    expect(read(rendering.begin())).toEqual([chunk({ role: 'assistant', content: '' })])
    expect(rendering.begin()).toBe('')
  })

  it('are the words as they come, each once, and how they ended', () => {
    expect(read(add(0, 'A ')!)).toEqual([words('A ')])
    expect(add(0, 'A ')).toBe('')
    expect(read(add(1, ' fa')!)).toEqual([words('fa')])
    expect(rendering.isComplete).toBe(false)
    expect(read(rendering.outcome(ended))).toEqual([words('ct.'), chunk({}, 'stop'), '[DONE]'])
    expect([rendering.isComplete, rendering.isOver]).toEqual([true, false])
  })

  it('are missing where something before them is missing, until the whole text comes', () => {
    expect(add(4, 'ct.')).toBeUndefined()
    expect(read(rendering.text({ attempt: 'a1', text: 'A fact.' }))).toEqual([words('A fact.')])
    expect(rendering.text({ attempt: 'a1', text: 'A f' })).toBe('')
  })

  it('end with the cost for those who ask for it', () => {
    rendering = new CompletionRendering(head, true)
    const none = { usage: null }
    expect(read(rendering.begin() + rendering.outcome(ended))).toEqual([
      { ...chunk({ role: 'assistant', content: '' }), ...none },
      { ...words('A fact.'), ...none },
      { ...chunk({}, 'stop'), ...none },
      { ...head, object: 'chat.completion.chunk', choices: [], usage },
      '[DONE]',
    ])
  })

  it('have the calls that the model asks for', () => {
    const calls: ReplyOutcome = { ...ended, text: '', finish: 'tools', toolCalls: [call('c1'), call('c2')] }
    expect(read(rendering.outcome(calls))).toEqual([
      chunk({
        tool_calls: [
          { index: 0, ...call('c1') },
          { index: 1, ...call('c2') },
        ],
      }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    ])
  })

  it('go on with another attempt that says the same', () => {
    add(0, 'A fa')
    expect(add(0, 'A ', 'a2')).toBe('')
    expect(read(add(2, 'fact', 'a2')!)).toEqual([words('ct')])
    expect(rendering.isOver).toBe(false)
  })

  it('end with an error when another attempt says something else: nobody can take words back', () => {
    add(0, 'A fa')
    expect(read(add(0, 'No', 'a2')!)).toEqual([restarted])
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, false])
  })

  it('end with an error when the answer is another one than what was sent', () => {
    add(0, 'No')
    expect(read(rendering.outcome(ended))).toEqual([restarted])
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, false])
  })

  it('end with the error of a reply that has failed', () => {
    const failed = { ...ended, status: 'failed' as const, error: { code: 'provider_timeout', detail: 'Late.' } }
    expect(read(rendering.outcome(failed))).toEqual([error('provider_timeout', /Late\./)])
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, true])
    const { error: _, ...unknown } = failed
    expect(read(rendering.outcome(unknown))).toEqual([error('internal', /^$/)])
  })

  it('say that the answer goes on when this process stops', () => {
    expect(read(rendering.goesOnElsewhere())).toEqual([error('unavailable', /will be in the chat/)])
    expect([rendering.isOver, rendering.isComplete]).toEqual([true, false])
  })

  it('wait for those who approve calls, and go on behind what was sent', () => {
    rendering = new CompletionRendering(head, true)
    const first: ReplyOutcome = { ...ended, finish: 'tools', text: 'Let me look.', needApproval: [call('c1')] }
    expect(read(rendering.outcome(first))).toEqual([{ ...words('Let me look.'), usage: null }])
    expect([rendering.undecided, rendering.isComplete]).toEqual([first, false])
    rendering.goOn(first)
    expect(rendering.undecided).toBeUndefined()
    expect(read(add(0, 'A ', 'a2')!)).toEqual([{ ...words('A '), usage: null }])
    const end = read(rendering.outcome({ ...ended, attempt: 'a2' }))
    expect(end.slice(-2)).toEqual([
      expect.objectContaining({ usage: { prompt_tokens: 6, completion_tokens: 4, total_tokens: 10 } }),
      '[DONE]',
    ])
  })

  it('keep the connection open with a comment', () => expect(rendering.keepAlive).toMatch(/^:.*\n\n$/))
})

describe('a chat completion', () => {
  const message = { role: 'assistant', content: 'A fact.', refusal: null }
  const completion = { ...head, object: 'chat.completion', usage }

  it('is the whole answer', () => {
    expect(asCompletion(head, { ...ended, model: 'openai/x' })).toEqual({
      ...completion,
      model: 'openai/x',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    })
    expect(asCompletion(head, ended)).toMatchObject({ model: head.model })
  })

  it('has calls with words, or instead of them', () => {
    const toolCalls = [call('c1')]
    const messageOf = (outcome: ReplyOutcome) => asCompletion(head, outcome).choices[0]!.message
    expect(messageOf({ ...ended, toolCalls })).toEqual({ ...message, tool_calls: toolCalls })
    expect(messageOf({ ...ended, toolCalls, text: '' })).toEqual({ ...message, content: null, tool_calls: toolCalls })
    expect(messageOf({ ...ended, text: '' })).toEqual({ ...message, content: '' })
  })

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['filtered', 'content_filter'],
    ['tools', 'tool_calls'],
    [undefined, 'stop'],
  ] as const)('that ended by %s says %s', (finish, reason) => expect(finishReasonOf(finish)).toBe(reason))

  it('has its id from the reply, and the second at which it was asked for', () => {
    jest.spyOn(Date, 'now').mockReturnValue(1_769_860_800_999)
    const { id, created, model } = completionHead({ replyId: 'r1', model: 'offline/echo' })
    expect([id, created, model]).toEqual(['chatcmpl-r1', 1_769_860_800, 'offline/echo'])
    jest.restoreAllMocks()
  })
})
