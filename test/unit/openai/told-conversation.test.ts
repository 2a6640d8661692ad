import {
  asStored,
  splitAddition,
  splitConversation,
  type ToldMessage,
} from '../../../src/chat/api/openai/told-conversation.js'
import { afterOwnCalls, without } from '../../../src/chat/api/openai/responses/response-inputs.js'
import type { ToolRound } from '../../../src/chat/tool-calls.js'
import { errorOf } from '../../support/error-of.js'

const call = (id: string) => ({ id, type: 'function' as const, function: { name: 'weather', arguments: '{}' } })
const system: ToldMessage = { role: 'system', content: 'Be short.' }
const question: ToldMessage = { role: 'user', content: 'What is an event?' }
const answer: ToldMessage = { role: 'assistant', content: 'A fact.' }
const next: ToldMessage = { role: 'user', content: 'And a stream?' }
const calls: ToldMessage = { role: 'assistant', content: '', toolCalls: [call('a'), call('b')] }
const outputOf = (id: string): ToldMessage => ({ role: 'tool', content: 'sunny', toolCallId: id })
const [outputA, outputB] = [outputOf('a'), outputOf('b')]
const images = [{ url: 'data:image/png;base64,AA==' }]
const names = { all: 'items', one: (i: number) => `items.${i}`, callId: 'call_id' }

/** What a refusal says of which field. */
const refusal = (field: string, message: RegExp) =>
  expect.objectContaining({
    code: 'invalid',
    data: { errors: [{ field, message: expect.stringMatching(message) as string }] },
  })

describe('a told conversation', () => {
  it('ends with the prompt', () => {
    expect(splitConversation([question])).toEqual({ upToAnswer: [], sinceAnswer: [], prompt: question.content })
    expect(splitConversation([system, question, answer, next])).toEqual({
      upToAnswer: [system, question, answer],
      sinceAnswer: [],
      prompt: next.content,
    })
  })

  it('is what a chat must be up to its last answer; what comes then is new', () => {
    expect(splitConversation([question, answer, question, answer, system, next])).toEqual({
      upToAnswer: [question, answer, question, answer],
      sinceAnswer: [system],
      prompt: next.content,
    })
  })

  it('has the images of the prompt, which may be all of it', () => {
    expect(splitConversation([{ ...question, images }])).toMatchObject({ prompt: question.content, images })
    expect(splitConversation([{ role: 'user', content: '', images }])).toMatchObject({ prompt: '', images })
    expect(splitConversation([question])).not.toHaveProperty('images')
  })

  it('ends with outputs when these are what is answered', () => {
    expect(splitConversation([question, calls, outputA, outputB])).toEqual({
      upToAnswer: [question, calls],
      sinceAnswer: [outputA, outputB],
      prompt: undefined,
    })
  })

  it('has outputs only of calls that the answer before them asks for', () => {
    const stray = /is no call that the last assistant message/
    expect(errorOf(() => splitConversation([question, outputA, next]))).toEqual(
      refusal('messages.1.tool_call_id', stray),
    )
    expect(errorOf(() => splitConversation([question, calls, outputA, outputB, answer, outputA, next]))).toEqual(
      refusal('messages.5.tool_call_id', stray),
    )
    expect(errorOf(() => splitConversation([question, calls, { role: 'tool', content: '' }, next]))).toEqual(
      refusal('messages.2.tool_call_id', stray),
    )
    expect(errorOf(() => splitConversation([question, outputA, next], names))).toEqual(
      refusal('items.1.call_id', stray),
    )
  })

  it('has all outputs, each after its own answer', () => {
    const lacks = (id: string) => refusal('messages', new RegExp(`^lack the output of the call ${id}$`))
    expect(errorOf(() => splitConversation([question, calls, outputA]))).toEqual(lacks('b'))
    expect(errorOf(() => splitConversation([question, calls, outputA, outputB, calls, outputB]))).toEqual(lacks('a'))
  })

  it('has a prompt somewhere', () => {
    const lacksPrompt = refusal('messages', /must have one of the user/)
    expect(errorOf(() => splitConversation([system, calls, outputA, outputB]))).toEqual(lacksPrompt)
  })

  it('ends with nothing else', () => {
    const other = (role: ToldMessage['role']) => [question, { role, content: 'x' }]
    for (const role of ['system', 'assistant'] as const)
      expect(errorOf(() => splitConversation(other(role)))).toEqual(refusal('messages.1.role', /must be user or tool/))
    expect(errorOf(() => splitConversation([answer, { role: 'user', content: '' }]))).toEqual(
      refusal('messages.1.content', /must not be empty/),
    )
  })
})

describe('messages that are added to a chat', () => {
  it('end with a prompt, or with outputs that the chat waits for', () => {
    expect(splitAddition([system, { ...next, images }], names)).toEqual({
      upToAnswer: [],
      sinceAnswer: [system],
      prompt: next.content,
      images,
    })
    expect(splitAddition([outputA], names)).toEqual({ upToAnswer: [], sinceAnswer: [outputA], prompt: undefined })
  })

  it('are not only outputs of calls that are among them', () => {
    const neither = refusal('items', /must end with a prompt, or with outputs that the chat waits for/)
    expect(errorOf(() => splitAddition([calls, outputA, outputB], names))).toEqual(neither)
    expect(splitAddition([calls, outputA, outputOf('c')], names).sinceAnswer).toHaveLength(3)
    expect(errorOf(() => splitAddition([calls, answer], names))).toEqual(refusal('items.1.role', /must be user/))
  })
})

describe('a told message', () => {
  it('is stored with what it has', () => {
    expect(asStored(question)).toEqual({ role: 'user', content: { content: question.content }, counts: {} })
    expect(asStored({ ...calls, images })).toEqual({
      role: 'assistant',
      content: { content: '', toolCalls: calls.toolCalls, images },
      counts: {},
    })
    expect(asStored(outputA)).toMatchObject({ role: 'tool', content: { content: 'sunny', toolCallId: 'a' } })
  })
})

describe('what comes after a chat’s own calls', () => {
  const told = (...messages: ToldMessage[]) => ({ messages, names })
  const round = { calls: { a: null, b: null } } as unknown as ToolRound

  it('are the messages behind the last answer that asks for these calls and no others', () => {
    const found = afterOwnCalls(told(question, calls, outputA, calls, outputB, next), round)!
    expect(found.messages).toEqual([outputB, next])
    expect([found.names.all, found.names.one(0), found.names.callId]).toEqual(['items', 'items.4', 'call_id'])
    const mixed: ToldMessage = { ...calls, toolCalls: [call('a'), call('c')] }
    expect(afterOwnCalls(told(question, mixed, next), round)).toBeUndefined()
    expect(afterOwnCalls(told(question, answer, next), round)).toBeUndefined()
  })

  it('is nothing where nothing follows', () => expect(afterOwnCalls(told(question, calls), round)).toBeUndefined())

  it('keeps its places in what was sent', () => {
    const { messages, names: kept } = without(told(system, question, next), 2)
    expect([messages, kept.one(0)]).toEqual([[next], 'items.2'])
  })
})
