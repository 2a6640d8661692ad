import { type ChatDoc, chats } from '../../../src/chat/read-models/chats.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { envelope, givenLog, record, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/chat/chat-events.js'

const justStarted: Omit<ChatDoc, '_id'> = {
  userId: 'ann',
  name: envelope({ title: 'New chat' }),
  createdAt: timeOf(1),
  lastActive: timeOf(1),
  messageCount: 0,
}

describe('the list of chats', () => {
  it('has a chat as soon as it is started', () => givenLog(chats, [its.started]).then({ c1: justStarted }))

  it('says since when a chat is one that is not to be stored', () =>
    givenLog<ChatDoc>(chats, [its.of(its.started, { unstored: true })]).then({
      c1: { ...justStarted, unstoredSince: timeOf(1) },
    }))

  it('keeps the envelope of the start if its owner has a name for it', () => {
    const named = { ...its.started, data: { ...its.started.data, hasOwnName: true } }
    givenLog<ChatDoc>(chats, [named, its.renamed]).then({
      c1: {
        ...justStarted,
        lastActive: timeOf(2),
        name: envelope({ title: 'Events' }),
        started: envelope({ title: 'New chat' }),
      },
    })
  })

  it('has each detail in the envelope that set it last', () =>
    givenLog<ChatDoc>(chats, [its.started, its.renamed, its.tagged, its.annotated]).then({
      c1: {
        ...justStarted,
        lastActive: timeOf(4),
        name: envelope({ title: 'Events' }),
        tags: envelope({ tags: ['log'] }),
        metadata: envelope({ metadata: { from: 'web' } }),
      },
    }))

  it.each([its.renamed, its.tagged, its.annotated, its.sent, its.completed, its.failed, its.stored, its.edited])(
    'tells that it was active at its $type',
    (event) => {
      const documents = new DocumentsInMemory(chats)
      documents.apply(record([its.started, event]))
      expect(documents.all()).toMatchObject([{ createdAt: timeOf(1), lastActive: timeOf(2) }])
    },
  )

  it.each([
    ['a prompt and its answer', [its.sent, its.completed], 2],
    ['a prompt and the part of an answer that was stopped', [its.sent, its.cancelled], 2],
    ['a prompt, and no answer that failed', [its.sent, its.failed], 1],
    ['a stored message', [its.stored], 1],
    ['an edited message once', [its.stored, its.edited], 1],
    ['no deleted message', [its.stored, its.messageDeleted], 0],
  ])('counts %s', (_, events, messageCount) =>
    givenLog<ChatDoc>(chats, [its.started, ...events]).then({
      c1: { ...justStarted, messageCount, lastActive: timeOf(1 + events.length) },
    }),
  )

  it('has the digest of a conversation after its answer, until the conversation is another one', () => {
    const told = its.of(its.completed, { digest: 'd2' })
    const begun = [its.started, its.of(its.sent, { digest: 'd1' })]
    givenLog<ChatDoc>(chats, [...begun, told]).then({
      c1: { ...justStarted, messageCount: 2, lastActive: timeOf(3), digest: 'd2' },
    })
    for (const event of [its.sent, its.stored, its.edited, its.messageDeleted, its.failed]) {
      const documents = new DocumentsInMemory(chats)
      documents.apply(record([...begun, told, event]))
      expect(documents.all()[0]).not.toHaveProperty('digest')
    }
  })

  it('says which outputs of calls a chat waits for, until they are there or it waits no longer', () => {
    const asked = [its.started, its.sent, its.requested]
    const waits = { waitsFor: { replyId: 'r1', callIds: ['call1', 'call2'] }, waitsSince: timeOf(3) }
    const after = (messageCount: number, last: number) => ({ ...justStarted, messageCount, lastActive: timeOf(last) })
    givenLog<ChatDoc>(chats, asked).then({ c1: { ...after(2, 3), ...waits } })
    givenLog<ChatDoc>(chats, [...asked, its.received]).then({
      c1: { ...after(3, 4), ...waits, waitsFor: { replyId: 'r1', callIds: ['call2'] } },
    })
    const second = its.of(its.received, { callId: 'call2', messageId: 'o2' })
    givenLog<ChatDoc>(chats, [...asked, its.received, second, its.begun]).then({ c1: after(4, 6) })
    givenLog<ChatDoc>(chats, [...asked, its.abandoned]).then({ c1: after(2, 3) })
  })

  it('says which calls must be approved first, and which may be made', () => {
    const asked = [its.started, its.sent, its.of(its.requested, { needApproval: ['call1', 'call2'], digest: 'd1' })]
    const waitsAfter = (...events: Parameters<typeof its.of>[0][]) => {
      const documents = new DocumentsInMemory(chats)
      documents.apply(record([...asked, ...events]))
      const { waitsFor, waitsSince, digest } = documents.all()[0] as unknown as ChatDoc
      return { waitsFor, isSince: waitsSince?.getTime(), digest }
    }
    const isSince = timeOf(3).getTime()
    const both = { replyId: 'r1', callIds: [], needApproval: ['call1', 'call2'] }
    expect(waitsAfter()).toEqual({ waitsFor: both, isSince, digest: 'd1' })
    const one = { replyId: 'r1', callIds: ['call1'], needApproval: ['call2'] }
    expect(waitsAfter(its.approved)).toEqual({ waitsFor: one, isSince, digest: 'd1' })
    const told = its.of(its.received, { callId: 'call2', messageId: 'o2' })
    const denied = [its.approved, its.of(its.denied, { digest: 'd2' }), told]
    expect(waitsAfter(...denied)).toEqual({ waitsFor: { replyId: 'r1', callIds: ['call1'] }, isSince, digest: 'd2' })
    expect(waitsAfter(its.approved, its.denied, told, its.received)).toEqual({})
    expect(waitsAfter(its.approved, its.abandoned)).toEqual({})
  })

  it('has no deleted chat, and none that was never started', () => {
    givenLog(chats, [its.started, its.sent, its.deleted]).then({})
    givenLog(chats, [its.sent]).then({})
  })

  it('has nothing of an erased owner, and all of others', () =>
    givenLog(chats, [
      its.started,
      { ...its.of(its.started, { chatId: 'c2', ownerId: 'bob' }), at: timeOf(1) },
      its.of(its.started, { chatId: 'c3' }),
      its.ownerErased,
    ]).then({ c2: { ...justStarted, userId: 'bob' } }))

  expectReadModelLaws(chats)

  it('has where branches begin, and which one was chosen last', () => {
    const after = { place: 4, messageId: 'p1' }
    const [again, digest] = [its.of(its.begun, { after }), { digest: 'd' }]
    const events = [its.started, its.sent, its.completed, again, its.of(its.completed, { replyId: 'r2' })]
    const documents = new DocumentsInMemory(chats)
    documents.apply(record([...events, its.of(its.chosen, digest)]))
    const choice = { forks: [{ from: 9, after: 4 }], chosen: { at: 12, after: 5 } }
    expect(documents.all()).toMatchObject([{ ...choice, ...digest, messageCount: 3, lastActive: timeOf(6) }])
    const later = [its.of(its.stored, { after }), its.of(its.sent, { after })]
    documents.apply(record([...events, its.chosen, ...later]).slice(-2))
    const forks = [...choice.forks, { from: 14, after: 4 }, { from: 16, after: 4 }]
    expect(documents.all()).toMatchObject([{ forks, chosen: choice.chosen, messageCount: 5 }])
    expect(documents.all()).not.toMatchObject([digest])
  })
})
