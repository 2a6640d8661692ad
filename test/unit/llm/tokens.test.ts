import { loadTokenizer, type Tokenizer } from '../../../src/llm/tokens.js'

describe('tokens', () => {
  let tokenizer: Tokenizer
  beforeAll(async () => {
    tokenizer = await loadTokenizer()
  })
  const count = (text: string) => tokenizer.countTokens(text)

  it.each([
    ['', 0],
    ['Hello, world!', 4],
    ['The quick brown fox jumps over the lazy dog.', 10],
    ['Грюссе, 世界 😀', 7],
    ['const x = [1, 2, 3]\n', 12],
  ])('of %j are %i', (text, tokens) => {
    expect(count(text)).toBe(tokens)
  })

  it('of messages are theirs and what surrounds them', () => {
    const [a, b] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello, world!' },
    ] as const
    expect(tokenizer.countMessage(b)).toBe(3 + 1 + 4)
    expect(tokenizer.countMessages([a, b])).toBe(3 + tokenizer.countMessage(a) + tokenizer.countMessage(b))
    expect(tokenizer.countMessage({ ...b, name: 'ann' })).toBe(3 + 1 + 4 + 1 + count('ann'))
  })

  it('of what looks special are those of a text', () => {
    expect(count('<|endoftext|>')).toBeGreaterThan(1)
    expect(count('before <|im_start|>system<|im_end|> after')).toBeGreaterThan(5)
  })

  it('of half characters and controls are counted, too', () => {
    for (const text of [
      '\ud83d',
      'a\ude00b',
      '\0',
      '\u0301'.repeat(10),
      String.fromCharCode(...Array.from({ length: 2000 }, (_, i) => i * 32)),
    ]) {
      expect(count(text)).toBeGreaterThan(0)
    }
  })

  it.each([
    ['a letter', 'a', 8],
    ['a space', ' ', 128],
    ['an emoji', '😀', 2],
    ['a word', 'supercalifragilistic', 20 / 6],
    ['a Chinese word', '漢字', 2 / 3],
    ['a sentence', 'The quick brown fox jumps over the lazy dog. ', 4.5],
  ])('of %s, written on without a break or far beyond any limit, are about as many', (_, unit, unitsPerToken) => {
    for (const length of [5000, 60_000, 1_000_000]) {
      const tokens = count(unit.repeat(Math.ceil(length / unit.length)))
      expect(tokens).toBeGreaterThan((length / unitsPerToken) * 0.6)
      expect(tokens).toBeLessThan((length / unitsPerToken) * 2.1)
    }
  })

  it('of a long text with different parts are estimated from all of them', () => {
    const mixed = 'The quick brown fox jumps over the lazy dog. '.repeat(5000) + '漢字仮名交じり文。'.repeat(10_000)
    const parts = [...mixed.matchAll(/[^]{1,50000}/g)].reduce((sum, [part]) => sum + count(part), 0)
    expect(Math.abs(count(mixed) / parts - 1)).toBeLessThan(0.05)
  })
})
