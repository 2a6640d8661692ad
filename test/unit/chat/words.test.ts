import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { wordHash, wordsKey, wordsOf } from '../../../src/chat/read-models/words.js'

describe('the words of a text', () => {
  it.each([
    ['An event, an EVENT: (events)!', ['an', 'event', 'events']],
    ['Grüße an Zoë, 42.5 km²', ['grüße', 'an', 'zoë', '42', '5', 'km2']],
    ['ｆｕｌｌ ﬁle', ['full', 'file']],
    ['価格は', ['価格', '格は']],
    ['水 and 火山', ['水', '火山', 'and']],
    ['before水after', ['水', 'before', 'after']],
    ['नमस्ते', ['नमस्ते']],
    ['… !?', []],
  ])('%s', (text, words) => expect(wordsOf(text)).toEqual(words))

  it('are at most two thousand, of at most 64 letters', () => {
    expect(wordsOf(Array.from({ length: 5_000 }, (_, i) => `w${i}`).join(' '))).toHaveLength(2_000)
    expect(wordsOf('a'.repeat(1_000_000))).toEqual(['a'.repeat(64)])
    expect(wordsOf('字'.repeat(1_000_000))).toEqual(['字字'])
  })
})

describe('the hash of a word', () => {
  const hex = (key: ReturnType<typeof wordsKey>, word: string) =>
    Buffer.from(wordHash(key, word).value()).toString('hex')

  it.each(['a', 'Grüße', '字'.repeat(64), '😀'.repeat(32), 'short again'])('begins the HMAC-SHA-256 of %s', (word) => {
    const ownerKey = randomBytes(32)
    const key = Buffer.from(hkdfSync('sha256', ownerKey, '', 'verbatim words 1', 32))
    const whole = createHmac('sha256', key).update(word).digest('hex')
    expect(hex(wordsKey(ownerKey), word)).toBe(whole.slice(0, 16))
  })

  it('is the same for the same owner, and another one for another owner or word', () => {
    const [ann, bob] = [wordsKey(randomBytes(32)), wordsKey(randomBytes(32))]
    expect(hex(ann, 'event')).toMatch(/^[\da-f]{16}$/)
    expect(hex(ann, 'event')).toBe(hex(ann, 'event'))
    expect(new Set([hex(ann, 'event'), hex(bob, 'event'), hex(ann, 'events')]).size).toBe(3)
  })
})
