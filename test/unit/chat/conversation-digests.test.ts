import { ConversationDigests } from '../../../src/chat/conversation-digests.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { ownerStream } from '../../../src/identity/users.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let digests: ConversationDigests
beforeAll(async () => {
  place = await Place.find()
  const engine = await place.engine({ events: [chatEvents] })
  for (const stream of [ownerStream('ann'), ownerStream('bob'), chatStream('c1'), chatStream('c2')])
    await engine.vault.keyForFirstAppend(stream)
  digests = new ConversationDigests(engine)
})
afterAll(() => place?.leave())

const said = (more: object) => digests.digestOf('ann', [{ role: 'assistant', content: 'Hello', ...more }])
const calling = (args: string, more = {}) =>
  said({ toolCalls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args }, ...more }] })
const image = (url: string) => ({ url, detail: 'auto' })

describe('the digest of a conversation', () => {
  it('is the same for the same words, and differs by account', async () => {
    expect(await said({})).toBe(await said({}))
    expect(await said({})).not.toBe(await digests.digestOf('bob', [{ role: 'assistant', content: 'Hello' }]))
  })

  it('goes on where another one ends', async () => {
    const [first, second] = [
      { role: 'user' as const, content: 'One' },
      { role: 'assistant' as const, content: 'Two' },
    ]
    const before = await digests.digestOf('ann', [first])
    expect(await digests.digestOf('ann', [second], before)).toBe(await digests.digestOf('ann', [first, second]))
  })

  it('does not care how arguments are spaced, and cares for what they say', async () => {
    expect(await calling('{"a":1,"b":[2]}')).toBe(await calling('{ "a": 1,\n"b": [ 2 ] }'))
    expect(await calling('{"a":1}')).not.toBe(await calling('{"a":2}'))
  })

  it('takes arguments that are no JSON by their letters', async () => {
    expect(await calling('{"a":')).toBe(await calling('{"a":'))
    expect(await calling('{"a":')).not.toBe(await calling('{"b":'))
    expect(await calling('{"a":')).not.toBe(await calling('{"a": '))
  })

  it('differs by all that a message has', async () => {
    const all = await Promise.all([
      said({}),
      said({ role: 'user' }),
      said({ content: 'Hello!' }),
      said({ name: 'Ann' }),
      said({ toolCallId: 'c' }),
      said({ images: [image('data:a')] }),
      said({ images: [image('data:b')] }),
      said({ images: [image('data:a'), image('data:b')] }),
      calling('{}'),
      calling('{}', { id: 'd' }),
      calling('{}', { function: { name: 'g', arguments: '{}' } }),
    ])
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('the digest of an output', () => {
  it('tells another output, another call and another chat apart', async () => {
    const own = await digests.digestOfOutput('c1', 'call', 'sunny')
    expect(await digests.digestOfOutput('c1', 'call', 'sunny')).toBe(own)
    const others = await Promise.all([
      digests.digestOfOutput('c1', 'call', 'rainy'),
      digests.digestOfOutput('c1', 'another', 'sunny'),
      digests.digestOfOutput('c2', 'call', 'sunny'),
    ])
    expect(new Set([own, ...others]).size).toBe(4)
  })
})
