import { Redis } from 'ioredis'
import { ModelList } from '../../../src/chat/model-list.js'
import { redisName } from '../../../src/event-store/redis.js'
import { Providers } from '../../../src/llm/providers.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let model: FakeOpenAi
beforeAll(async () => {
  ;[place, model] = [await Place.find(), await FakeOpenAi.start({ models: ['gpt-4o-mini'] })]
})
afterEach(async () => void (await place.redis.del(key())))
afterAll(async () => {
  await Promise.all([place?.leave(), model?.close()])
})

const key = () => redisName(place.db, 'models')
const list = (url = model.url) => new ModelList(new Providers({ openai: { baseUrl: url } }), place.redis, place.db)
const ids = async (one: ModelList) => (await one.read()).map(({ id }) => id)
const both = ['openai/gpt-4o-mini', 'offline/echo']

describe('the list of models', () => {
  it('has those of every provider, and is kept for a minute for all processes', async () => {
    const before = model.requests.length
    expect(await ids(list())).toEqual(both)
    expect(await ids(list())).toEqual(both)
    expect(model.requests.length).toBe(before + 1)
    const ttl = await place.redis.ttl(key())
    expect([ttl > 50, ttl <= 60]).toEqual([true, true])
  })

  it('is not kept while a provider is away', async () => {
    const gone = await FakeOpenAi.start()
    await gone.close()
    expect(await ids(list(gone.url))).toEqual(['offline/echo'])
    expect(await ids(list())).toEqual(both)
  })

  it('is asked for each time while Redis is away', async () => {
    const away = new Redis({ lazyConnect: true, enableOfflineQueue: false, port: 1 })
    away.on('error', () => {})
    const one = new ModelList(new Providers({ openai: { baseUrl: model.url } }), away, place.db)
    expect(await ids(one)).toEqual(both)
    away.disconnect()
  })
})
