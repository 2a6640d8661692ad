import { randomUUID } from 'node:crypto'
import { chance } from '../../support/chance.js'
import { type Client, World } from '../../support/world.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { Chatter } from '../../support/realtime/chatter.js'

let world: World
let service: ServiceProcess
let url: string
let ann: Client
let chatter: Chatter

beforeAll(async () => {
  world = await World.begin()
  service = world.spawn()
  url = await service.url()
  ann = await world.account(url)
})
beforeEach(async () => {
  chatter = await Chatter.of(ann)
})
/** It is the same process, it has foreseen everything, and it still does its work. */
afterEach(async () => {
  chatter.close()
  expect(service.process.exitCode ?? service.process.signalCode).toBeNull()
  expect(service.output).not.toMatch(/error|unhandled|internal/i)
  const after = await Chatter.of(ann)
  const chatId = randomUUID()
  expect(await after.ask('chat-message', { chatId, content: 'Still there?' })).toMatchObject({ ok: true })
  expect(await after.ask('join-chat', { chatId, after: 0 })).toMatchObject({ ok: true })
  await after.next('reply-done')
  after.close()
})
afterAll(() => world?.end())

describe('a payload that makes no sense', () => {
  it.each([
    ['join-chat', undefined, 'payload'],
    ['join-chat', null, 'payload'],
    ['join-chat', 42, 'payload'],
    ['join-chat', [], 'payload'],
    ['join-chat', ['my-talk'], 'payload'],
    ['join-chat', '', 'chatId'],
    ['join-chat', 'not a name', 'chatId'],
    ['join-chat', 'search', 'chatId'],
    ['join-chat', 'x'.repeat(129), 'chatId'],
    ['join-chat', {}, 'chatId'],
    ['join-chat', { chatId: { $gt: '' } }, 'chatId'],
    ['join-chat', { chatId: ['my-talk'] }, 'chatId'],
    ['join-chat', Buffer.from('my-talk'), 'payload'],
    ['join-chat', { chatId: Buffer.from('my-talk') }, 'chatId'],
    ['join-chat', { chatId: 'my-talk', after: -1 }, 'after'],
    ['join-chat', { chatId: 'my-talk', after: '1' }, 'after'],
    ['join-chat', { chatId: 'my-talk', after: 1.5 }, 'after'],
    ['join-chat', { chatId: 'my-talk', after: null }, 'after'],
    ['join-chat', { chatId: 'my-talk', after: {} }, 'after'],
    ['join-chat', { chatId: 'my-talk', after: 1e300 }, 'after'],
    ['leave-chat', { chat: 'my-talk' }, 'chatId'],
    ['leave-chat', { chat: 'my-talk' }, 'chat'],
    ['join-chat', { chatId: 'my-talk', since: 3 }, 'since'],
    ['leave-chat', true, 'payload'],
    ['chat-message', 'my-talk', 'content'],
    ['chat-message', { chatId: 'my-talk' }, 'content'],
    ['chat-message', { chatId: 'my-talk', content: '' }, 'content'],
    ['chat-message', { chatId: 'my-talk', content: 'x'.repeat(100_001) }, 'content'],
    ['chat-message', { chatId: 'my-talk', content: 'half a pair: \ud83d' }, 'content'],
    ['chat-message', { chatId: 'my-talk', content: { text: 'Hi' } }, 'content'],
    ['chat-message', { content: 'Hi' }, 'chatId'],
    ['chat-message', { chatId: 'my-talk', content: 'Hi', commandId: '' }, 'commandId'],
    ['chat-message', { chatId: 'my-talk', content: 'Hi', commandId: 'a b' }, 'commandId'],
    ['chat-message', { chatId: 'my-talk', content: 'Hi', commandId: 7 }, 'commandId'],
    ['chat-message', { chatId: 'my-talk', content: 'Hi', model: [] }, 'model'],
  ])('%s %j is refused and names the field', async (event, payload, field) => {
    const answer = await chatter.ask(event, ...(payload === undefined ? [] : [payload]))
    expect(answer).toMatchObject({
      ok: false,
      code: 'invalid',
      detail: expect.stringContaining(field),
      errors: expect.arrayContaining([expect.objectContaining({ field })]) as object[],
    })
  })
})

const events = ['join-chat', 'leave-chat', 'chat-message', 'message', 'exception', 'error', '__proto__', 'toString', '']
const words = [
  '',
  'chatId',
  'after',
  'content',
  'commandId',
  'model',
  '__proto__',
  'constructor',
  'then',
  'toJSON',
  'length',
  'event',
  'my-talk',
  '\u0000',
  '\ud800',
  '😀',
  '../..',
  '$where',
  randomUUID(),
]

/** Anything that can be sent. */
function anything(pick: (below: number) => number, depth = 0): unknown {
  const kinds = depth > 4 ? 7 : 10
  switch (pick(kinds)) {
    case 0:
      return null
    case 1:
      return pick(2) === 0
    case 2:
      return [0, -1, 1.5, 2 ** 53, -0, 1e308, pick(1000)][pick(7)]
    case 3:
    case 4:
      return words[pick(words.length)]!.repeat(1 + pick(3))
    case 5:
      return 'x'.repeat(pick(2_000))
    case 6:
      return Buffer.alloc(pick(50), pick(256))
    case 7:
      return Array.from({ length: pick(5) }, () => anything(pick, depth + 1))
    default:
      return Object.fromEntries(
        Array.from({ length: pick(6) }, () => [words[pick(words.length)]!, anything(pick, depth + 1)]),
      )
  }
}

describe('a client that sends anything', () => {
  it('is answered to each event that there is, and its process lives (2,000 events)', async () => {
    const pick = chance(2026)
    const codes = new Set<string>()
    for (let i = 0; i < 2_000; i += 20) {
      if (i % 400 === 0) {
        chatter.close() // more than 500 in a minute would end the socket
        chatter = await Chatter.of(ann)
      }
      const answers = Array.from({ length: 20 }, async () => {
        const event = events[pick(events.length)]!
        const payload = Array.from({ length: pick(4) }, () => anything(pick))
        if (pick(3) === 0 || !/^(join|leave)-chat$|^chat-message$/.test(event))
          return void chatter.socket.emit(...([event, ...payload] as [string]))
        const answer = await chatter.ask(event, ...payload)
        codes.add(answer.ok === true ? 'ok' : answer.code)
      })
      await Promise.all(answers)
    }
    expect(codes).toEqual(new Set(['ok', 'invalid']))
    expect(chatter.socket.connected).toBe(true)
  })

  it.each(['unknown', 'refused'])('many events that are %s is cut off, and told why', async (kind) => {
    const event = kind === 'unknown' ? 'no-such-event' : 'join-chat'
    for (let i = 0; i < 501; i++) {
      if (kind === 'unknown') chatter.socket.emit(event, {})
      else void chatter.socket.emitWithAck(event, {}).catch(() => {})
    }
    expect(await chatter.next('disconnect-reason')).toMatchObject({ code: 'rate_limited' })
    await chatter.until(() => !chatter.socket.connected)
  })

  it('that is no packet is cut off, and nobody else is', async () => {
    const pick = chance(7)
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const packets = [
      '2["join-chat"',
      '2{"a":1}',
      '2[]',
      '2[42]',
      '2["disconnecting","x"]',
      '2["newListener",{}]',
      '2["error",{"message":"x"}]',
      '2["join-chat",{"chatId":',
      '21999999999999["join-chat","x"]',
      '9["x"]',
      '0{"token":"x"}',
      '0/other,{}',
      '1',
      '3["ok"]',
      '31[]',
      '4{}',
      '51-["join-chat",{"_placeholder":true,"num":0}]',
      '51-["join-chat",{"_placeholder":true,"num":7}]',
      '5999999-["x"]',
      '2["join-chat",{"_placeholder":true,"num":0}]',
      `2["join-chat",${deep}]`,
      `20["join-chat",{"chatId":${deep}}]`,
      ...Array.from({ length: 50 }, () =>
        String.fromCodePoint(...Array.from({ length: 1 + pick(40) }, () => 32 + pick(95))),
      ),
    ]
    for (const packet of packets) {
      const one = await Chatter.of(ann)
      one.socket.io.engine.send(packet)
      if (pick(2) === 0) one.socket.io.engine.send(Buffer.alloc(pick(100), pick(256)))
      await Promise.race([one.next('disconnect').catch(() => {}), one.ask('leave-chat', 'my-talk').catch(() => {})])
      one.close()
    }
    expect(await chatter.ask('leave-chat', 'my-talk')).toMatchObject({ ok: true })
  })

  it('by hand, over HTTP, is answered and forgotten', async () => {
    const open = async () =>
      (await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text()).match(/"sid":"([^"]+)"/)![1]!
    const bodies = [
      '',
      'x',
      '40{"token":1}',
      '40{"token":"x"}',
      '40[]',
      '40null',
      '42["join-chat","x"]',
      '\u001e\u001e',
      'b####',
      '6',
      '41',
      `40${'['.repeat(50_000)}`,
    ]
    for (const body of bodies) {
      const at = `${url}/socket.io/?EIO=4&transport=polling&sid=${await open()}`
      expect(
        (await fetch(at, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })).status,
      ).toBeLessThan(500)
    }
    for (const query of [
      '',
      '?EIO=4',
      '?EIO=3&transport=polling',
      '?EIO=4&transport=x',
      '?EIO=4&transport=polling&sid=x',
      '?EIO=4&transport=websocket',
    ]) {
      expect((await fetch(`${url}/socket.io/${query}`)).status).toBeLessThan(500)
    }
  })

  it('more than a megabyte at once is cut off', async () => {
    chatter.socket.emit('chat-message', { chatId: 'my-talk', content: 'x'.repeat(1024 * 1024) })
    expect(await chatter.next('disconnect')).toBe('transport close')
    const large = await Chatter.of(ann)
    expect(await large.ask('chat-message', { chatId: randomUUID(), content: '😀'.repeat(50_000) })).toMatchObject({
      ok: true,
    })
    large.close()
  })

  it('more events than are answered is told to wait', async () => {
    const answers = await Promise.all(Array.from({ length: 500 }, () => chatter.ask('leave-chat', 'my-talk')))
    expect(new Set(answers.map(({ ok, code }) => (ok === true ? 'ok' : code)))).toEqual(new Set(['ok', 'rate_limited']))
    expect(answers.filter(({ ok }) => ok === true).length).toBeGreaterThanOrEqual(100)
  })
})
