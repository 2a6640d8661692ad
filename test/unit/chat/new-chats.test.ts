import { chatEvents, type ChatState } from '../../../src/chat/chat.js'
import type { Chats } from '../../../src/chat/chats.js'
import { NewChats } from '../../../src/chat/new-chats.js'
import { chats as readModel } from '../../../src/chat/read-models/chats.js'
import { ownerStream } from '../../../src/identity/users.js'
import * as its from '../../support/chat/chat-events.js'
import { chatsOver } from '../../support/chat/models.js'
import { command, Place } from '../../support/event-store/engines.js'

let place: Place
let chats: Chats
beforeEach(async () => {
  place = await Place.find()
  chats = await inAnotherProcess()
})
afterEach(async () => {
  jest.restoreAllMocks()
  await place.leave()
})

async function inAnotherProcess(): Promise<Chats> {
  const engine = await place.engine({ events: [chatEvents] })
  for (const owner of ['ann', 'bob', 'guest-1']) await engine.vault.keyForFirstAppend(ownerStream(owner))
  return chatsOver(engine)
}

const limitedTo = (most: number) =>
  new NewChats(chats, place.db, { caps: { sockets: 0, streams: 0, chats: most, files: 0 } })
/** In the read model. */
const has = (userId: string, count: number) =>
  place.db.collection(readModel.name).insertMany(Array.from({ length: count }, () => ({ userId })))
const begin = (newChats: NewChats, chatId: string, ownerId = 'ann') =>
  newChats.execute({ chatId, ownerId }, command(ownerId), ({ status }: ChatState) =>
    status === 'none' ? [its.of(its.started, { chatId, ownerId })] : [its.of(its.renamed, { chatId, ownerId })],
  )
const full = { code: 'account_full' }

describe('a new chat', () => {
  it('begins while its owner has fewer than allowed', async () => {
    const newChats = limitedTo(3)
    await has('ann', 2)
    expect(await begin(newChats, 'c1')).toMatchObject({ repeated: false })
    await has('ann', 1)
    await expect(begin(newChats, 'c2')).rejects.toMatchObject(full)
    expect(await begin(newChats, 'c3', 'bob')).toMatchObject({ repeated: false })
  })

  it('is no new one when it is there already, also if this process has not seen it', async () => {
    const other = limitedTo(3)
    await begin(other, 'c1')
    await has('ann', 3)
    expect(await begin(other, 'c1')).toMatchObject({ events: [{ type: 'ChatRenamed' }] })
    chats = await inAnotherProcess()
    expect(await begin(limitedTo(3), 'c1')).toMatchObject({ events: [{ type: 'ChatRenamed' }] })
  })

  it('of a guest needs no room, and none does where there is no limit', async () => {
    await has('guest-1', 3)
    await has('ann', 3)
    expect(await begin(limitedTo(3), 'c1', 'guest-1')).toMatchObject({ repeated: false })
    expect(await begin(limitedTo(0), 'c2')).toMatchObject({ repeated: false })
  })

  it.each([
    { room: 101, second: 'begun' },
    { room: 100, second: 'account_full' },
  ])(
    'is not counted again for ten seconds where there was room for more than a hundred: $room, $second',
    async ({ room, second }) => {
      const now = jest.spyOn(performance, 'now').mockReturnValue(1_000_000)
      const newChats = limitedTo(room)
      await begin(newChats, 'c1')
      await has('ann', room)
      now.mockReturnValue(1_009_000)
      const codeOf = ({ code }: { code: string }) => code
      expect(await begin(newChats, 'c2').then(() => 'begun', codeOf)).toBe(second)
      now.mockReturnValue(1_011_000)
      await expect(begin(newChats, 'c3')).rejects.toMatchObject(full)
    },
  )
})
