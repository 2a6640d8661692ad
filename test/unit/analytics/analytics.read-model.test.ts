import { analytics, type AnalyticsDoc } from '../../../src/analytics/read-models/analytics.js'
import { givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import * as inChat from '../../support/chat/chat-events.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'

const none = { userId: 'ann', sessionCount: 0, messageCount: 0, totalTokensUsed: 0, feedbackGiven: 0 }

describe('what an account has done', () => {
  it.each([
    ['a chat', [inChat.started], { sessionCount: 1 }],
    ['a prompt', [inChat.sent], { messageCount: 1 }],
    ['an answer with its tokens', [inChat.completed], { messageCount: 1, totalTokensUsed: 5 }],
    ['an answer that was stopped with its tokens', [inChat.cancelled], { messageCount: 1, totalTokensUsed: 5 }],
    ['a feedback once', [inChat.liked, inChat.disliked], { feedbackGiven: 1 }],
    ['a comment', [inChat.liked, inChat.commented], { feedbackGiven: 1, commentsGiven: 1 }],
    ['no feedback that was withdrawn', [inChat.liked, inChat.disliked, inChat.withdrawn], { feedbackGiven: 0 }],
  ])('counts %s', (_, events, counts) =>
    givenLog<AnalyticsDoc>(analytics, events).then({ ann: { ...none, ...counts, lastActive: timeOf(events.length) } }),
  )

  it('adds up over chats', () =>
    givenLog<AnalyticsDoc>(analytics, [
      inChat.started,
      inChat.sent,
      inChat.completed,
      inChat.of(inChat.started, { chatId: 'c2' }),
      inChat.of(inChat.sent, { chatId: 'c2' }),
    ]).then({ ann: { ...none, sessionCount: 2, messageCount: 3, totalTokensUsed: 5, lastActive: timeOf(5) } }))

  it('counts nothing of guests', () =>
    givenLog(analytics, [inChat.of(inChat.started, { ownerId: 'guest-1' })]).then({}))

  it('goes with the account', () => givenLog(analytics, [inChat.started, inChat.ownerErased]).then({}))

  expectReadModelLaws(analytics)
})
