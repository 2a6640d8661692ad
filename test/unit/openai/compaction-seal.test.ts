import { randomBytes } from 'node:crypto'
import { openStandIn, sealStandIn, type StandIn } from '../../../src/chat/api/openai/responses/compaction-seal.js'

const key = randomBytes(32)
const roles = ['system', 'user', 'assistant', 'tool', 'function'] as const
const words: StandIn = {
  after: 'r1',
  messages: [
    ...roles.map((role) => ({ role, content: `of ${role}` })),
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id: 'c1', type: 'function', function: { name: 'sum', arguments: '{}' } }],
    },
    { role: 'tool', content: '42', toolCallId: 'c1' },
    { role: 'user', content: '', images: [{ url: 'https://example.org/cat.png', detail: 'low' }] },
  ],
}

describe('an item that stands for a conversation', () => {
  it('is opened with its key, and is all that was sealed', async () => {
    expect(await openStandIn(key, await sealStandIn(key, words))).toEqual(words)
    expect(await openStandIn(key, await sealStandIn(key, { messages: [] }))).toEqual({ messages: [] })
  })

  it('is another one each time, and shows nothing of its words', async () => {
    const [one, other] = [await sealStandIn(key, words), await sealStandIn(key, words)]
    expect(one).not.toBe(other)
    expect(Buffer.from(one, 'base64url').includes('function')).toBe(false)
  })

  it('is not opened with another key, in another version, or when a bit of it has changed', async () => {
    const sealed = Buffer.from(await sealStandIn(key, words), 'base64url')
    expect(await openStandIn(randomBytes(32), sealed.toString('base64url'))).toBeUndefined()
    for (let place = 0; place < sealed.length; place++) {
      const changed = Buffer.from(sealed)
      changed[place]! ^= 1
      expect(await openStandIn(key, changed.toString('base64url'))).toBeUndefined()
    }
  })

  it('is not opened when a part of it is missing', async () => {
    const sealed = Buffer.from(await sealStandIn(key, words), 'base64url')
    for (const length of [0, 1, 13, 28, 29, sealed.length - 1])
      expect(await openStandIn(key, sealed.subarray(0, length).toString('base64url'))).toBeUndefined()
  })
})
