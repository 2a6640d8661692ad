import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually } from '../../support/event-store/engines.js'
import { Database } from '../../support/ops/database.js'
import { separate, type ServiceProcess } from '../../support/service-process.js'
import { Client, World } from '../../support/world.js'

const preload = pathToFileURL(resolve('build/test/support/service/newer-build.js')).href

let world: World
beforeEach(async () => {
  world = await World.begin()
})
afterEach(() => world?.end())

const older = () => world.spawn()
const newer = (what: 'type' | 'shape') => world.spawn({ NODE_OPTIONS: `--import ${preload}`, NEWER: what }, separate)
const declared = async () => {
  const database = world.closeAtEnd(await Database.of(world))
  return new Map((await database.collection('event_types').find().toArray()).map(({ _id, shape }) => [_id, shape]))
}
const send = (client: Client, chat: string) => client.post(`/chat/${chat}/send`, { text: 'Hello' })
const tag = (client: Client, chat: string) => client.ask('PUT', `/api/chats/${chat}`, { tags: ['Red'] })

async function makeChat(client: Client, tags: string[] = []): Promise<string> {
  const { body } = await client.post('/api/chats', { title: 'A chat', tags })
  return (body.data.chat?.id ?? body.data.id) as string
}

async function refusal(service: ServiceProcess): Promise<string> {
  expect(await service.ended).toBe(1)
  return service.output
}

describe('a release that declares a new type of event', () => {
  it('is put beside the old one, which may be restarted, and goes back, as long as nobody has written it', async () => {
    const old = older()
    const ann = await world.account(await old.url())
    const fresh = newer('type')
    await fresh.url()
    expect((await declared()).get('ChatPinned')).toBe(1)
    await old.close()
    const restarted = older()
    expect(await send(ann.at(await restarted.url()), 'rolling')).toMatchObject({ status: 200 })
    expect((await declared()).get('ChatPinned')).toBe(1)
    await fresh.close()
    expect(await send(ann.at(await restarted.url()), 'back')).toMatchObject({ status: 200 })
  })

  it('keeps an old one from starting from the first event on, whatever was restarted in between', async () => {
    const ann = await world.account(await older().url())
    await newer('type').url()
    await older().url()
    const database = world.closeAtEnd(await Database.of(world))
    await database.poison('ChatPinned')
    expect(await send(ann, 'goes-on')).toMatchObject({ status: 200 })
    expect(await refusal(older())).toMatch(/the log may hold ChatPinned in shape 1, and this build does not know it/)
  })
})

describe('a release with a new shape of an event', () => {
  it('keeps old processes from starting, and those that still run refuse what they cannot read and live', async () => {
    const old = older()
    const ann = await world.account(await old.url())
    const chat = await makeChat(ann)
    const fresh = newer('shape')
    const there = ann.at(await fresh.url())
    expect(await tag(there, chat)).toMatchObject({ status: 200 })
    expect(await send(ann, chat)).toMatchObject({ status: 503, body: { code: 'newer_event' } })
    expect(await send(there, chat)).toMatchObject({ status: 200 })
    expect(await send(ann, `other-${randomUUID()}`)).toMatchObject({ status: expect.any(Number) as number })
    expect(old.process.exitCode).toBeNull()
    expect(await refusal(older())).toMatch(/ChatTagged in shape 2, and this build knows shapes up to 1/)
  })

  it('serves what was written before it and after it, when the old processes have ended', async () => {
    const old = older()
    const ann = await world.account(await old.url())
    const chat = await makeChat(ann, ['Green'])
    await old.close()
    const there = ann.at(await newer('shape').url())
    const tags = async () => (await there.get(`/api/chats/${chat}`)).body.data.chat.tags as string[]
    expect(await tags()).toEqual(['green']) // as the new shape has it
    await tag(there, chat)
    expect(await eventually(tags, ([first]) => first === 'Red')).toEqual(['Red'])
    expect(await send(there, chat)).toMatchObject({ status: 200 })
  })
})
