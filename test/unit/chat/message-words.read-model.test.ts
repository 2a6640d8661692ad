import { type MessageWordsDoc, messageWords } from '../../../src/chat/read-models/message-words.js'
import { givenLog } from '../../../src/event-store/projecting/given-then.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/chat/chat-events.js'

/** Hashes are made before the fold; `search-messages.test.ts` has them. */
const words = { chatId: 'c1', ownerId: 'ann', words: [] }

describe('the words of messages', () => {
  it('have prompts and replies', () =>
    givenLog<MessageWordsDoc>(messageWords, [its.sent, its.completed]).then({
      p1: { ...words, seq: 1 },
      r1: { ...words, seq: 2 },
    }))

  it('have a reply from its prompt on, so that one that was deleted meanwhile does not come back', () =>
    givenLog<MessageWordsDoc>(messageWords, [
      its.sent,
      { type: 'MessageDeleted', data: { chatId: 'c1', ownerId: 'ann', messageId: 'r1' } },
      its.completed,
    ]).then({ p1: { ...words, seq: 1 } }))

  it('have outputs of calls, and the next reply', () =>
    givenLog<MessageWordsDoc>(messageWords, [its.sent, its.requested, its.received, its.begun]).then({
      p1: { ...words, seq: 1 },
      r1: { ...words, seq: 2 },
      o1: { ...words, seq: 3 },
      r2: { ...words, seq: 4 },
    }))

  it('have no words of a failed reply', () =>
    givenLog<MessageWordsDoc>(messageWords, [its.sent, its.failed]).then({
      p1: { ...words, seq: 1 },
      r1: { ...words, seq: 1 },
    }))

  it('have what was stopped, and what somebody stored and edited', () =>
    givenLog<MessageWordsDoc>(messageWords, [its.sent, its.cancelled, its.stored, its.edited]).then({
      p1: { ...words, seq: 1 },
      r1: { ...words, seq: 2 },
      m1: { ...words, seq: 3 },
    }))

  it.each([its.completed, its.requested, its.cancelled, its.edited])(
    'have nothing of a message that is not there when %j comes',
    (event) => givenLog<MessageWordsDoc>(messageWords, [event]).then({}),
  )

  it('have nothing more of a deleted chat, and those of others', () =>
    givenLog<MessageWordsDoc>(messageWords, [
      its.of(its.sent, { chatId: 'c2', promptId: 'p2', replyId: 'r2' }),
      its.sent,
      its.deleted,
    ]).then({ p2: { ...words, chatId: 'c2', seq: 1 }, r2: { ...words, chatId: 'c2', seq: 1 } }))

  it('have nothing of guests', () =>
    givenLog<MessageWordsDoc>(messageWords, [its.of(its.sent, { ownerId: 'guest-1' })]).then({}))

  it('have nothing more of an erased account, and those of others', () =>
    givenLog<MessageWordsDoc>(messageWords, [
      its.of(its.sent, { ownerId: 'bob', promptId: 'p2', replyId: 'r2' }),
      its.sent,
      its.ownerErased,
    ]).then({ p2: { ...words, ownerId: 'bob', seq: 1 }, r2: { ...words, ownerId: 'bob', seq: 1 } }))

  expectReadModelLaws(messageWords)
})
