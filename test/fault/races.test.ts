import { EventStoreError, VersionConflict } from '../../src/event-store/errors.js'
import { command, eventually } from '../support/event-store/engines.js'
import { Scene } from './scene.js'

let scene: Scene
beforeEach(async () => {
  scene = await Scene.set()
})
afterEach(() => scene?.clear())

const size = { writers: 4, commands: 120 }

async function writersAtWork(run: string, addresses = {}) {
  const writer = await scene.victim('writer', { run, ...size, ...addresses })
  writer.go()
  await eventually(
    async () => writer.acknowledged.length,
    (count) => count > 50,
  )
  return writer
}

describe('Redis', () => {
  it('flushed in the middle of the load costs nobody anything', async () => {
    const [a, b] = [await writersAtWork('a'), await scene.victim('writer', { run: 'b', ...size })]
    b.go()
    for (let i = 0; i < 5; i++) {
      await scene.place.redis.flushall()
      expect(await scene.bystanderAppends()).toBeLessThan(2000)
    }
    await Promise.all([a.done(), b.done()])
    await scene.expectAllOf({ a: size, b: size })
  })

  it('gone in the middle of the load costs nobody anything', async () => {
    const { redis, addresses } = await scene.behindProxy()
    const [a, b] = [await writersAtWork('a', addresses), await writersAtWork('b', addresses)]
    redis.cut()
    expect(await scene.bystanderAppends()).toBeLessThan(2000)
    await Promise.all([a.done(), b.done()])
    await scene.expectAllOf({ a: size, b: size })
  })
})

describe('a reader', () => {
  it('that is cut off sees everything once it is back, each event once', async () => {
    const { mongo, addresses } = await scene.behindProxy()
    const projector = await scene.victim('projector', addresses)
    projector.go()
    const writer = await writersAtWork('a')
    mongo.cut()
    await writer.done()
    expect(await scene.bystanderAppends()).toBeLessThan(2000)
    mongo.mend()
    const head = await scene.bystander.store.head()
    await eventually(() => scene.bystander.projections.waitUntilReached(head, undefined, 500), Boolean)
    await scene.expectAllOf({ a: size })
  })
})

describe('a key', () => {
  it('whose creation two processes race for is one key', async () => {
    const [a, b] = [
      await scene.victim('writer', { run: 'same', ...size }),
      await scene.victim('writer', { run: 'same', ...size }),
    ]
    a.go()
    b.go()
    await Promise.all([a.done(), b.done()])
    await scene.expectAllOf({ same: size })
    for await (const event of scene.bystander.store.readAll()) {
      expect((await scene.bystander.vault.open(event.personal!)).personal).toBeDefined()
    }
  })

  it('destroyed while appends are on their way stays destroyed, and what came in stays in order', async () => {
    const { store, vault } = scene.bystander
    for (let round = 0; round < 10; round++) {
      const stream = `notebook-${round}`
      const other = await scene.place.engine()
      const writing = async (on: typeof store) => {
        for (let version = 0; ;) {
          const event = {
            type: 'NoteWritten',
            data: { notebookId: stream, noteId: `${round}-${version}`, ownerId: 'user-ann' },
            personal: { text: 'Hi' },
          }
          const outcome = await on
            .append({ stream, expected: version, events: [event], meta: command() })
            .catch((error: EventStoreError) => error)
          if (outcome instanceof EventStoreError) return outcome.code
          version = outcome instanceof VersionConflict ? version + 1 : outcome.version
        }
      }
      const writers = [writing(store), writing(other.store)]
      await eventually(
        () => store.head(),
        (head) => head > round * 5,
      )
      await vault.destroy(stream, new Date())
      expect(await Promise.all(writers)).toEqual(['erased', 'erased'])
      await expect(vault.keyOf(stream)).rejects.toMatchObject({ code: 'erased' })
    }
    await scene.expectIntactLog()
    await scene.expectRightModels()
  })
})
