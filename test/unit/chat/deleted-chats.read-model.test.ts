import { type DeletedChatDoc, deletedChats } from '../../../src/chat/read-models/deleted-chats.js'
import { givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/chat/chat-events.js'

describe('the deleted chats', () => {
  it('have a chat from its deletion on', () =>
    givenLog<DeletedChatDoc>(deletedChats, [its.started, its.deleted]).then({
      c1: { ownerId: 'ann', deletedAt: timeOf(2) },
    }))

  it('have it no more once it is erased', () => givenLog(deletedChats, [its.started, its.deleted, its.erased]).then({}))

  it('have none of an erased account', () =>
    givenLog<DeletedChatDoc>(deletedChats, [
      its.deleted,
      its.of(its.deleted, { chatId: 'c2', ownerId: 'bob' }),
      its.ownerErased,
    ]).then({ c2: { ownerId: 'bob', deletedAt: timeOf(2) } }))

  expectReadModelLaws(deletedChats)
})
