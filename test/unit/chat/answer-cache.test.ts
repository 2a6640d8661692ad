import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { AnswerCache } from '../../../src/chat/replies/worker/answer-cache.js'
import { ServiceSecrets } from '../../../src/commands/secrets.js'
import type { CompleteConfig } from '../../../src/config/index.js'
import type { Engine } from '../../../src/event-store/engine.js'
import type { CompletionRequest } from '../../../src/llm/provider.js'
import { chat, started } from '../../support/chat/chat-events.js'
import { command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let cache: AnswerCache
const opened = async (cacheSeconds: number, redis = place.redis) => {
  const config = { replies: { cacheSeconds } } as CompleteConfig
  return new AnswerCache(redis, engine, await ServiceSecrets.of(engine), place.db, config)
}
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  cache = await opened(60)
  await engine.store.append({ stream: chatStream('c1'), expected: 0, events: [started], meta: command() })
})
afterEach(() => place?.leave())

const question: CompletionRequest = { model: 'echo', messages: [{ role: 'user', content: 'What is an event?' }] }
const keep = (its = cache) => its.keep(chat, 'offline/echo', question, 'A fact.')
const find = (its = cache) => its.find('ann', 'offline/echo', question)
const keys = () => place.redis.keys(`*${place.db.databaseName}*answer*`)

describe('an answer', () => {
  it('is given again to the same question, for as long as it is kept', async () => {
    expect(await find()).toBeUndefined()
    await keep()
    expect(await find()).toBe('A fact.')
    const [key] = await keys()
    expect(await place.redis.ttl(key!)).toBeGreaterThan(50)
    expect(await place.redis.ttl(key!)).toBeLessThanOrEqual(60)
    expect((await place.redis.getBuffer(key!))!.includes('A fact.')).toBe(false)
  })

  it.each([
    ['owner', 'bob', 'offline/echo', question],
    ['model', 'ann', 'offline/other', question],
    ['temperature', 'ann', 'offline/echo', { ...question, temperature: 0.5 }],
    ['length', 'ann', 'offline/echo', { ...question, maxTokens: 9 }],
    ['conversation', 'ann', 'offline/echo', { ...question, messages: [] }],
  ])('is not that of another %s', async (_, owner, model, request) => {
    await keep()
    expect(await cache.find(owner, model, request)).toBeUndefined()
  })

  it('is gone with the chat in which it was given', async () => {
    await keep()
    await engine.vault.destroy(chatStream('c1'), new Date())
    expect([await find(), await keys()]).toEqual([undefined, []])
  })

  it('is not kept where none are to be', async () => {
    const off = await opened(0)
    await keep(off)
    expect(await keys()).toEqual([])
    await keep()
    expect(await find(off)).toBeUndefined()
  })

  it('is not looked for while Redis is away', async () => {
    await keep()
    const away = new Promise((resolve) => place.redis.once('end', resolve))
    place.redis.disconnect()
    await away
    await keep()
    expect(await find()).toBeUndefined()
  })

  it('is not waited for while Redis is not there yet', async () => {
    await keep()
    const unconnected = place.redis.duplicate({ lazyConnect: true })
    expect(await find(await opened(60, unconnected))).toBeUndefined()
    expect(unconnected.status).toBe('wait')
  })

  it('is asked of the model again when Redis fails', async () => {
    jest.spyOn(place.redis, 'set').mockRejectedValueOnce(new Error('away'))
    jest.spyOn(place.redis, 'getBuffer').mockRejectedValueOnce(new Error('away'))
    await keep()
    expect([await find(), await keys()]).toEqual([undefined, []])
  })

  it('that is damaged is an error', async () => {
    await keep()
    const [key] = await keys()
    const damaged = (await place.redis.getBuffer(key!))!
    damaged[damaged.length - 1]! ^= 1
    await place.redis.set(key!, damaged)
    await expect(find()).rejects.toMatchObject({ code: 'damaged_envelope' })
  })
})
