import { chatEvents } from '../../../src/chat/chat.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { ChatUpdateCache } from '../../../src/realtime/chat-update-cache.js'
import type { RecordedChatEvent } from '../../../src/chat/chat.js'
import { command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
let opened: ChatUpdateCache
let event: RecordedChatEvent

beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  opened = new ChatUpdateCache(engine)
  const data = { chatId: '1', ownerId: 'ann', messageId: 'm1', role: 'user' }
  const appended = await engine.store.append({
    stream: 'chat-1',
    expected: 0,
    events: [{ type: 'MessageStored', data, personal: { content: 'Hi' } }],
    meta: command(),
  })
  event = ('events' in appended && appended.events[0]) as RecordedChatEvent
})
afterEach(async () => {
  opened?.onModuleDestroy()
  await place?.leave()
})

describe('a message that many sockets of a process are to be sent', () => {
  it('is opened once', async () => {
    const open = jest.spyOn(engine.vault, 'open')
    const told = await Promise.all(Array.from({ length: 100 }, () => opened.of(event)))
    expect(told.every(({ message }) => message?.content === 'Hi')).toBe(true)
    expect(open).toHaveBeenCalledTimes(1)
  })

  it('is opened again when it could not be, and not kept once something was erased', async () => {
    jest.spyOn(engine.vault, 'open').mockRejectedValueOnce(new Error('away'))
    await expect(opened.of(event)).rejects.toThrow('away')
    expect(await opened.of(event)).toMatchObject({ message: { content: 'Hi' } })
    await engine.vault.destroy('chat-1', new Date())
    opened.clear()
    await expect(opened.of(event)).rejects.toMatchObject({ code: 'erased' })
  })
})
