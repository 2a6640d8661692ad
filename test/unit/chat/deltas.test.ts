import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { Channels } from '../../../src/chat/open-reply/channels.js'
import { Deltas } from '../../../src/chat/open-reply/deltas.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { DeltaWriter } from '../../../src/chat/replies/worker/delta-writer.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { redisName } from '../../../src/event-store/redis.js'
import { started } from '../../support/chat/chat-events.js'
import { command, eventually, Place } from '../../support/event-store/engines.js'

interface Process {
  engine: Engine
  holds: ReplyHolds
  deltas: Deltas
}

let place: Place
let here: Process
let there: Process
const opened: { onModuleDestroy: () => void }[] = []

async function process(): Promise<Process> {
  const engine = await place.engine({ events: [chatEvents] })
  const channels = new Channels(place.redis)
  const holds = new ReplyHolds(engine, channels, place.redis, place.db)
  opened.push(holds, channels)
  return { engine, holds, deltas: new Deltas(place.redis, channels, engine, holds, place.db) }
}

beforeEach(async () => {
  place = await Place.find()
  ;[here, there] = [await process(), await process()]
  await here.engine.store.append({ stream: chatStream('c1'), expected: 0, events: [started], meta: command() })
})
afterEach(async () => {
  for (const one of opened.splice(0)) one.onModuleDestroy()
  await place?.leave()
})

const key = (replyId = 'r1') => redisName(place.db, 'reply', replyId)
const add = (attempt: string, offset: number, text: string) => here.deltas.add('c1', 'r1', { attempt, offset, text })
const latest = ({ deltas }: Process) => deltas.latestText('c1', 'r1')
/** What a reader in this process hears: opened, or 'more' where it finds the rest by itself. */
async function listen({ deltas }: Process, heard: unknown[] = []) {
  const stop = await deltas.listen('r1', (sealed) => {
    heard.push(sealed ? deltas.open('c1', sealed) : 'more')
  })
  return { stop, heard: () => Promise.all(heard) }
}
const heardSome = (reader: { heard: () => Promise<unknown[]> }, count: number) =>
  eventually(
    () => reader.heard(),
    (all) => all.length >= count,
  )

describe('the text of an open reply', () => {
  it('is there for readers in other processes, sealed, for some minutes', async () => {
    expect(await latest(there)).toBeUndefined()
    await add('a', 0, 'One ')
    await add('a', 4, 'two')
    expect(await latest(there)).toEqual({ attempt: 'a', text: 'One two' })
    const kept = await place.redis.lrangeBuffer(key(), 0, -1)
    expect(kept).toHaveLength(3)
    expect(kept.some((one) => one.includes('two'))).toBe(false)
    expect(await place.redis.pttl(key())).toBeGreaterThan(9 * 60_000)
  })

  it('is that of the attempt that began last', async () => {
    await add('a', 0, 'One ')
    await add('b', 0, 'Two ')
    expect(await add('a', 4, 'more')).toBe(0)
    await add('b', 4, 'three')
    expect(await latest(there)).toEqual({ attempt: 'b', text: 'Two three' })
  })

  it('is not begun anew in the middle, after Redis has lost it', async () => {
    await add('a', 0, 'One ')
    await place.redis.del(key())
    const reader = await listen(there)
    expect(await add('a', 4, 'two')).toBe(1)
    expect(await heardSome(reader, 1)).toEqual([{ attempt: 'a', offset: 4, text: 'two' }])
    expect([await latest(there), await place.redis.exists(key())]).toEqual([undefined, 0])
    reader.stop()
  })

  it('is taken from memory by readers in its own process', async () => {
    here.deltas.setText('r1', { attempt: 'a', text: 'One two' })
    expect(await latest(here)).toEqual({ attempt: 'a', text: 'One two' })
    expect(await latest(there)).toBeUndefined()
  })

  it('is nobody’s once the chat is erased', async () => {
    here.deltas.setText('r1', { attempt: 'a', text: 'One two' })
    await here.engine.vault.destroy(chatStream('c1'), new Date())
    await expect(latest(here)).rejects.toMatchObject({ code: 'erased' })
  })

  it('is not found while Redis is away', async () => {
    await add('a', 0, 'One ')
    const away = new Promise((resolve) => place.redis.once('end', resolve))
    place.redis.disconnect()
    await away
    expect(await latest(there)).toBeUndefined()
  })

  it('is deleted when nobody needs it any more', async () => {
    await add('a', 0, 'One ')
    await here.deltas.forget('r1')
    expect(await place.redis.exists(key())).toBe(0)
  })

  it('is deleted when Redis is back', async () => {
    await add('a', 0, 'One ')
    jest.spyOn(place.redis, 'del').mockRejectedValueOnce(new Error('away'))
    await here.deltas.forget('r1')
    expect(await place.redis.exists(key())).toBe(1)
    place.redis.emit('ready')
    await eventually(
      () => place.redis.exists(key()),
      (count) => count === 0,
    )
    await add('a', 0, 'One ') // of a reply that has the same name, which is deleted once
    place.redis.emit('ready')
    await place.redis.ping()
    expect(await place.redis.exists(key())).toBe(1)
  })
})

describe('a reader of an open reply', () => {
  it('in another process gets each delta, until it stops', async () => {
    const [one, other] = [await listen(there), await listen(there)]
    expect(await add('a', 0, 'One ')).toBe(1)
    const first = { attempt: 'a', offset: 0, text: 'One ' }
    expect(await heardSome(one, 1)).toEqual([first])
    expect(await heardSome(other, 1)).toEqual([first])
    one.stop()
    expect(await add('a', 4, 'two')).toBe(1)
    expect(await heardSome(other, 2)).toHaveLength(2)
    expect(await one.heard()).toHaveLength(1)
    other.stop()
    await eventually(
      () => add('a', 7, '!'),
      (listeners) => listeners === 0,
    )
  })

  it('in the same process is told that there is more, and hears nothing of Redis', async () => {
    const release = here.holds.hold('r1', () => {})
    const reader = await listen(here)
    here.deltas.setText('r1', { attempt: 'a', text: 'One ' })
    expect(await add('a', 0, 'One ')).toBe(0)
    expect(await reader.heard()).toEqual(['more'])
    reader.stop()
    here.deltas.setText('r1', { attempt: 'a', text: 'One two' })
    expect(await reader.heard()).toEqual(['more'])
    release(true)
  })

  it('is not kept from hearing by one who stops, or stops twice', async () => {
    const [one, other] = [await listen(here), await listen(here)]
    one.stop()
    here.deltas.setText('r1', { attempt: 'a', text: 'One ' })
    expect([await one.heard(), await other.heard()]).toEqual([[], ['more']])
    other.stop()
    const last = await listen(here)
    one.stop()
    here.deltas.setText('r1', { attempt: 'a', text: 'One two' })
    expect(await last.heard()).toEqual(['more'])
    last.stop()
  })

  it('goes on with another process when this one gives the reply up', async () => {
    const release = here.holds.hold('r1', () => {})
    const reader = await listen(here)
    here.deltas.setText('r1', { attempt: 'a', text: 'One ' })
    release(false)
    expect(await latest(here)).toBeUndefined()
    await eventually(
      () => there.deltas.add('c1', 'r1', { attempt: 'b', offset: 0, text: 'Two ' }),
      (count) => count === 1,
    )
    expect((await heardSome(reader, 2)).at(-1)).toEqual({ attempt: 'b', offset: 0, text: 'Two ' })
    reader.stop()
    await eventually(
      () => add('b', 4, '!'),
      (count) => count === 0,
    )
  })

  it('needs nothing of others when the reply has ended here', async () => {
    const release = here.holds.hold('r1', () => {})
    const reader = await listen(here)
    here.deltas.setText('r1', { attempt: 'a', text: 'One ' })
    release(true)
    expect(await latest(here)).toBeUndefined()
    await place.redis.ping()
    expect(await add('a', 0, 'One ')).toBe(0)
    reader.stop()
  })

  it('gets from memory what this process writes, though it listened to another one first', async () => {
    const reader = await listen(here)
    here.deltas.setText('r1', { attempt: 'a', text: 'One ' })
    expect(await there.deltas.add('c1', 'r1', { attempt: 'a', offset: 0, text: 'One ' })).toBe(1)
    await place.redis.ping()
    expect(await reader.heard()).toEqual(['more'])
    reader.stop()
  })
})

describe('an attempt that writes', () => {
  const writer = (isAwaited: boolean) => new DeltaWriter(here.deltas, { chatId: 'c1', replyId: 'r1' }, 'a', isAwaited)

  it('sends its text to readers elsewhere, all of it, in order', async () => {
    const reader = await listen(there)
    const one = writer(true)
    let text = ''
    for (const word of ['One ', 'two ', 'three']) {
      one.write((text += word))
      await eventually(
        () => latest(there),
        (found) => found?.text === text,
      )
    }
    await one.finish()
    const deltas = (await reader.heard()) as { offset: number; text: string }[]
    expect(deltas.map((delta) => delta.text).join('')).toBe(text)
    expect(one.hasSent).toBe(true)
    reader.stop()
  })

  it('is read here at once', async () => {
    const one = writer(false)
    one.write('One ')
    expect(await latest(here)).toEqual({ attempt: 'a', text: 'One ' })
    await one.finish()
  })

  it('sends nothing when it is complete at once and nobody elsewhere has asked for it', async () => {
    const adding = jest.spyOn(here.deltas, 'add')
    const one = writer(false)
    for (const text of ['One ', 'One two ', 'One two three']) one.write(text)
    await one.finish()
    expect([one.hasSent, adding.mock.calls.length, await place.redis.exists(key())]).toEqual([false, 0, 0])
  })

  it('sends what has gathered meanwhile as one delta', async () => {
    const adding = jest.spyOn(here.deltas, 'add')
    const one = writer(false)
    for (const text of ['One ', 'One two ', 'One two three']) one.write(text)
    await eventually(
      () => latest(there),
      (found) => found !== undefined,
    )
    expect(adding.mock.calls.map(([, , delta]) => delta)).toEqual([{ attempt: 'a', offset: 0, text: 'One two three' }])
    for (const text of ['One two three four', 'One two three four five']) one.write(text)
    await eventually(
      () => latest(there),
      (found) => found?.text === 'One two three four five',
    )
    expect(adding.mock.calls[1]![2]).toEqual({ attempt: 'a', offset: 13, text: ' four five' }) // nobody listens
    await one.finish()
  })

  it('gives Redis up when that fails, and goes on for readers here', async () => {
    const adding = jest.spyOn(here.deltas, 'add').mockRejectedValue(new Error('away'))
    const one = writer(true)
    one.write('One ')
    await eventually(
      async () => adding.mock.calls.length,
      (count) => count === 1,
    )
    await new Promise(setImmediate)
    one.write('One two')
    await one.finish()
    expect(adding).toHaveBeenCalledTimes(1)
    expect(await latest(here)).toEqual({ attempt: 'a', text: 'One two' })
  })
})
