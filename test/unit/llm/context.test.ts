import { fitContext, promptBudget } from '../../../src/llm/context.js'
import type { PromptMessage } from '../../../src/llm/provider.js'
import { loadTokenizer, type Tokenizer } from '../../../src/llm/tokens.js'

const user = (content: string): PromptMessage => ({ role: 'user', content })
const assistant = (content: string): PromptMessage => ({ role: 'assistant', content })
const system: PromptMessage[] = [{ role: 'system', content: 'Be brief.' }]

/** A chat from its oldest message on, read from its newest; knows how far it was read, and whether it was closed. */
class Chat {
  read = 0
  closed = false
  constructor(private readonly messages: readonly PromptMessage[]) {}

  async *newestFirst() {
    try {
      for (const message of this.messages.toReversed()) {
        this.read++
        yield message
      }
    } finally {
      this.closed = true
    }
  }
}

describe('a context', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await loadTokenizer()
  })

  const fit = (messages: readonly PromptMessage[], budgetTokens: number, before = system) =>
    fitContext({ system: before, history: new Chat(messages).newestFirst(), budgetTokens })
  const chat = [user('one'), assistant('two'), user('three'), assistant('four'), user('five')]
  const tokens = (messages: readonly PromptMessage[]) => tokenizer.countMessages([...system, ...messages])

  it('is the whole chat when that fits, oldest first, behind the system’s messages', async () => {
    expect(await fit(chat, 1000)).toEqual({
      messages: [...system, ...chat],
      promptTokens: tokens(chat),
      truncated: false,
    })
    expect(await fit(chat, tokens(chat))).toMatchObject({ truncated: false })
  })

  it('loses its oldest messages first, down to the token', async () => {
    const last = chat.slice(2)
    expect(await fit(chat, tokens(last))).toEqual({
      messages: [...system, ...last],
      promptTokens: tokens(last),
      truncated: true,
    })
  })

  it('does not begin with an answer', async () => {
    for (const budget of [tokens(chat) - 1, tokens(chat.slice(1))]) {
      expect(await fit(chat, budget)).toEqual({
        messages: [...system, ...chat.slice(2)],
        promptTokens: tokens(chat.slice(2)),
        truncated: true,
      })
    }
    expect(await fit([assistant('Welcome!'), ...chat], 1000)).toMatchObject({
      messages: [...system, ...chat],
      truncated: true,
    })
  })

  it('begins with one if there is nothing else', async () => {
    expect(await fit([assistant('Welcome!')], 1000)).toMatchObject({
      messages: [...system, assistant('Welcome!')],
      truncated: false,
    })
    expect(await fit([assistant('a'), assistant('b')], 1000)).toMatchObject({
      messages: [...system, assistant('b')],
      truncated: true,
    })
  })

  it('always has the system’s messages and the newest one, even beyond the budget', async () => {
    const long = user('word '.repeat(500))
    expect(await fit([...chat, long], 100)).toEqual({
      messages: [...system, long],
      promptTokens: tokens([long]),
      truncated: true,
    })
    expect(await fit([long], 0)).toMatchObject({ messages: [...system, long], truncated: false })
  })

  it('has no gap: a short message behind one that does not fit stays out', async () => {
    const messages = [user('short'), user('word '.repeat(500)), user('last')]
    expect(await fit(messages, 100)).toMatchObject({ messages: [...system, user('last')], truncated: true })
  })

  it('may be of nothing', async () => {
    expect(await fit([], 1000, [])).toEqual({ messages: [], promptTokens: 3, truncated: false })
  })

  it('is read of a chat of 10,000 messages only as far as it fits, and the reading is ended', async () => {
    const long = new Chat(
      Array.from({ length: 10_000 }, (_, i) => (i % 2 ? assistant(`answer ${i}`) : user(`question ${i}`))),
    )
    const { messages } = await fitContext({ system, history: long.newestFirst(), budgetTokens: 200 })
    expect(messages.length).toBeGreaterThan(10)
    expect(long.read).toBeLessThanOrEqual(messages.length + 1)
    expect(long.closed).toBe(true)
  })
})

describe('the budget of a prompt', () => {
  it.each([
    [8192, 1000, 7192],
    [8192, undefined, 6144],
    [4096, 8000, 0],
  ])('of %i tokens with %p for the answer is %i', (contextTokens, maxTokens, budget) => {
    expect(promptBudget(contextTokens, maxTokens)).toBe(budget)
  })
})
