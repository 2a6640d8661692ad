import { chatEvents } from '../../../src/chat/chat.js'
import { OverdueChats } from '../../../src/chat/overdue-chats.js'
import { type ChatDoc, chatModel, chats as readModel } from '../../../src/chat/read-models/chats.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { modelsIn } from '../../support/chat/models.js'
import { eventually, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let ended: string[]
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  ended = []
})
afterEach(() => place.leave())

function chatsOf(...roles: ('api' | 'worker')[]): OverdueChats {
  const model = modelsIn(place).model<ChatDoc>(chatModel.name, chatModel.schema)
  return new OverdueChats(engine, model, { roles })
}

/** In the read model: chats that have waited for so long, and one that waits for nothing. */
async function waiting(...ages: number[]): Promise<void> {
  const now = engine.clock.now().getTime()
  const docs = ages.map((ageMs) => ({ _id: `${ageMs} ms`, waitsSince: new Date(now - ageMs) }))
  await place.db.collection<{ _id: string }>(readModel.name).insertMany([...docs, { _id: 'for nothing' }])
}

const limit = (more: { end?: () => Promise<void> } = {}) => ({
  name: 'waits',
  since: 'waitsSince' as const,
  ms: 60_000,
  end: async ({ _id }: ChatDoc) => {
    ended.push(_id)
    await more.end?.()
  },
})

describe('chats in which something has lasted too long', () => {
  it('are ended, the longest first, and no others', async () => {
    await waiting(61_000, 90_000, 30_000)
    expect(await chatsOf('worker').endThose(limit())).toBe(2)
    expect(ended).toEqual(['90000 ms', '61000 ms'])
  })

  it('are ended five hundred at a time', async () => {
    await waiting(...Array.from({ length: 502 }, (_, i) => 100_000 + i))
    expect(await chatsOf('worker').endThose(limit())).toBe(500)
    expect([ended[0], ended.at(-1)]).toEqual(['100501 ms', '100002 ms'])
  })

  it('are left alone when the process stops', async () => {
    await waiting(61_000, 90_000)
    const stopping = new AbortController()
    await chatsOf('worker').endThose(limit({ end: async () => stopping.abort() }), stopping.signal)
    expect(ended).toEqual(['90000 ms'])
  })

  it('are looked for by workers, until they stop', async () => {
    await waiting(61_000)
    const chats = chatsOf('worker')
    chats.watch(limit())
    chats.onApplicationBootstrap()
    await eventually(
      async () => ended.length,
      (count) => count > 0,
    )
    await chats.onModuleDestroy()
    expect(ended).toEqual(['61000 ms'])
  })

  it('are not looked for by others', async () => {
    await waiting(61_000)
    const [api, worker] = [chatsOf('api'), chatsOf('worker')]
    const asked = jest.spyOn(api, 'endThose')
    for (const chats of [api, worker]) {
      chats.watch(limit())
      chats.onApplicationBootstrap()
    }
    await eventually(
      async () => ended.length,
      (count) => count > 0,
    )
    await Promise.all([api.onModuleDestroy(), worker.onModuleDestroy()])
    expect([asked.mock.calls.length, ended]).toEqual([0, ['61000 ms']])
  })
})
