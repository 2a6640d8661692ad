import { asItems, asToldItem, asToldMessage } from '../../../src/chat/api/openai/items.presenter.js'
import type { OpenedMessage } from '../../../src/chat/read-models/opened-message.js'
import { call, callItem, id, output, uuid } from '../../support/openai/shown-items.js'

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
