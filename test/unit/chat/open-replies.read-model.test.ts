import { type OpenReplyDoc, openReplies } from '../../../src/chat/read-models/open-replies.js'
import { givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/chat/chat-events.js'

const open = { chatId: 'c1', ownerId: 'ann', promptId: 'p1', since: timeOf(1) }

describe('the open replies', () => {
  it('have a reply from its prompt on', () => givenLog<OpenReplyDoc>(openReplies, [its.sent]).then({ r1: open }))

  it.each([its.completed, its.failed, its.cancelled, its.requested])('have it no more after $type', (ending) =>
    givenLog(openReplies, [its.sent, ending]).then({}),
  )

  it('have the next reply from the last output on', () =>
    givenLog<OpenReplyDoc>(openReplies, [its.sent, its.requested, its.begun]).then({
      r2: { ...open, since: timeOf(3) },
    }))

  it('keep one when another ends', () =>
    givenLog<OpenReplyDoc>(openReplies, [its.sent, its.of(its.completed, { replyId: 'r2' })]).then({ r1: open }))

  it('have none of an erased account, and those of others', () =>
    givenLog<OpenReplyDoc>(openReplies, [
      its.of(its.sent, { ownerId: 'bob', replyId: 'r2' }),
      its.sent,
      its.ownerErased,
    ]).then({ r2: { ...open, ownerId: 'bob' } }))

  expectReadModelLaws(openReplies)
})
