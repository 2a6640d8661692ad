import {
  answerAgain,
  chatAggregate,
  type ChatEvent,
  chooseBranch,
  mostBranches,
  sendPrompt,
  sendToolOutputs,
  storeMessages,
} from '../../../src/chat/chat.js'
import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import {
  abandoned,
  begun,
  chat,
  completed,
  edited,
  messageDeleted,
  of,
  received,
  requested,
  sent,
  started,
  stored,
} from '../../support/chat/chat-events.js'

const question = { place: 4, messageId: 'p1' }
const answer = { place: 5, messageId: 'r1' }
const next = { ...chat, promptId: 'p2', replyId: 'r2', text: 'And a stream?', model: 'offline/echo', settings: {} }
const nextSent: ChatEvent = { ...of(sent, { promptId: 'p2', replyId: 'r2' }), personal: { text: 'And a stream?' } }
const nextCompleted = of(completed, { promptId: 'p2', replyId: 'r2' })
const answered = [started, sent, completed]
const twoTurns = [...answered, nextSent, nextCompleted]
const asked = { promptId: 'p1', model: 'offline/echo', settings: {} }
const again = { ...chat, replyId: 'r3', asked, after: question }
const begunAgain = of(begun, { replyId: 'r3', after: question })
const tip = { tip: 'r3', branches: 1 }
const chosen: ChatEvent = { type: 'BranchChosen', data: { ...chat, messageId: 'r1', tip: answer } }
const choose = { ...chat, messageId: 'r1', tip: answer }
const answeredTwice = [...answered, begunAgain, of(completed, { replyId: 'r3' })]
const message = { messageId: 'm1', role: 'user' as const, content: { content: 'Hi' }, counts: {} }
const messageStored: ChatEvent = {
  type: 'MessageStored',
  data: { ...chat, messageId: 'm1', role: 'user' },
  personal: { content: 'Hi' },
}
const callsAbandoned = of(abandoned, { end: 'branch' })

describe('a prompt', () => {
  it('begins a branch when it follows an older message', () =>
    givenStream(chatAggregate, twoTurns)
      .when(sendPrompt({ ...next, promptId: 'p3', replyId: 'r3', after: answer }))
      .then([of(nextSent, { promptId: 'p3', replyId: 'r3', after: answer })]))
  it('begins a branch when it stands in place of the first one', () =>
    givenStream(chatAggregate, answered)
      .when(sendPrompt({ ...next, after: { place: 0 } }))
      .then([of(nextSent, { after: { place: 0 } })]))
  it('begins none when it follows the latest message', () =>
    givenStream(chatAggregate, answered)
      .when(sendPrompt({ ...next, after: answer }))
      .then([nextSent]))
  it('begins none behind the latest reply, though messages were stored behind it', () =>
    givenStream(chatAggregate, [...answered, stored])
      .when(sendPrompt({ ...next, options: { follows: 'r1' }, after: answer }))
      .then([{ ...nextSent, personal: { text: 'And a stream?', options: { follows: 'r1' } } }]))
  it('begins one behind an older reply', () =>
    givenStream(chatAggregate, twoTurns)
      .when(sendPrompt({ ...next, promptId: 'p3', replyId: 'r3', options: { follows: 'r1' }, after: answer }))
      .then([
        {
          ...of(nextSent, { promptId: 'p3', replyId: 'r3', after: answer }),
          personal: { text: 'And a stream?', options: { follows: 'r1' } },
        },
      ]))
  it('is refused while a reply is open, on whichever branch', () =>
    givenStream(chatAggregate, [...answered, begunAgain])
      .when(sendPrompt({ ...next, after: answer }))
      .thenRefused('reply_in_progress'))
  it('ends the wait for outputs of tools', () =>
    givenStream(chatAggregate, [started, sent, requested])
      .when(sendPrompt({ ...next, after: { place: 0 } }))
      .then([of(abandoned, { end: 'prompt' }), of(nextSent, { after: { place: 0 } })]))
})

describe('another answer', () => {
  it('begins beside the earlier one', () =>
    givenStream(chatAggregate, answered).when(answerAgain(again)).then([begunAgain]))
  it('is asked for as it is said', () =>
    givenStream(chatAggregate, answered)
      .when(answerAgain({ ...again, asked: { ...asked, projectId: 'p', files: ['f'] }, options: { stop: ['.'] } }))
      .then([{ ...of(begunAgain, { projectId: 'p', files: ['f'] }), personal: { options: { stop: ['.'] } } }]))
  it('is no answer from the cache, and an open reply', () =>
    expect(givenStream(chatAggregate, [...answered, begunAgain]).state).toMatchObject({
      open: { replyId: 'r3', promptId: 'p1', isAnother: true },
      latestReplyId: 'r3',
    }))
  it('is neither a prompt on a branch of its own, nor the reply after outputs', () => {
    for (const events of [
      [...answered, of(nextSent, { after: answer })],
      [started, sent, requested, received, begun],
    ])
      expect(givenStream(chatAggregate, events).state.open).not.toHaveProperty('isAnother')
  })
  it('has the digest of the conversation with its prompt, unless a message was changed', () => {
    const told = { ...again, asked: { ...asked, digest: 'd' } }
    givenStream(chatAggregate, answered)
      .when(answerAgain(told))
      .then([of(begunAgain, { digest: 'd' })])
    for (const change of [edited, messageDeleted])
      givenStream(chatAggregate, [...answered, change])
        .when(answerAgain(told))
        .then([begunAgain])
  })
  it('is refused while a reply is open', () =>
    givenStream(chatAggregate, [started, sent]).when(answerAgain(again)).thenRefused('reply_in_progress'))
  it('is refused to strangers, and in a chat that is not there', () => {
    givenStream(chatAggregate, answered)
      .when(answerAgain({ ...again, ownerId: 'bob' }))
      .thenRefused('not_found')
    givenStream(chatAggregate).when(answerAgain(again)).thenRefused('not_found')
  })
  it('ends the wait for outputs of tools, and is not what the outputs have begun', () => {
    givenStream(chatAggregate, [started, sent, requested]).when(answerAgain(again)).then([callsAbandoned, begunAgain])
    expect(givenStream(chatAggregate, [started, sent, requested, callsAbandoned, begunAgain]).state.round).toEqual(
      expect.not.objectContaining({ next: 'r3' }),
    )
  })
})

describe('a branch that is chosen', () => {
  const seen = { ...choose, seen: tip }
  it('is the current one', () => givenStream(chatAggregate, answeredTwice).when(chooseBranch(seen)).then([chosen]))
  it('changes nothing when it is the current one', () =>
    givenStream(chatAggregate, answeredTwice)
      .when(chooseBranch({ ...seen, tip: undefined }))
      .then([]))
  it.each([
    { tip: 'r2', branches: 1 },
    { tip: 'r3', branches: 0 },
  ])('is looked at again when the chat was seen otherwise: %p', (before) =>
    givenStream(chatAggregate, answeredTwice)
      .when(chooseBranch({ ...seen, seen: before }))
      .thenRefused('chat_has_gone_on'),
  )
  it('is refused while a reply is open, to strangers, and in a chat that is not there', () => {
    givenStream(chatAggregate, [...answered, begunAgain])
      .when(chooseBranch(seen))
      .thenRefused('reply_in_progress')
    givenStream(chatAggregate, answeredTwice)
      .when(chooseBranch({ ...seen, ownerId: 'bob' }))
      .thenRefused('not_found')
    givenStream(chatAggregate).when(chooseBranch(seen)).thenRefused('not_found')
  })
  it('ends the wait for outputs of tools: a later one is refused', () => {
    const waiting = [...answered, begunAgain, of(requested, { replyId: 'r3' })]
    givenStream(chatAggregate, waiting)
      .when(chooseBranch(seen))
      .then([of(callsAbandoned, { replyId: 'r3' }), chosen])
    const output = { callId: 'call1', output: 'sunny', messageId: 'o1', outputDigest: 'd' }
    givenStream(chatAggregate, [...waiting, of(callsAbandoned, { replyId: 'r3' }), chosen])
      .when(sendToolOutputs({ ...chat, replyId: 'r4', outputs: [output] }))
      .thenRefused('call_abandoned')
  })
  it('is where the next message says that it stands; the one after it says nothing', () => {
    const back = [...answeredTwice, chosen]
    givenStream(chatAggregate, back)
      .when(sendPrompt(next))
      .then([of(nextSent, { after: answer })])
    givenStream(chatAggregate, back)
      .when(sendPrompt({ ...next, options: { follows: 'r1' }, after: answer }))
      .then([
        {
          ...of(nextSent, { after: answer }),
          personal: { text: 'And a stream?', options: { follows: 'r1' } },
        },
      ])
    givenStream(chatAggregate, back)
      .when(storeMessages(chat, [message, { ...message, messageId: 'm2' }]))
      .then([
        { ...messageStored, data: { ...messageStored.data, after: answer } },
        { ...messageStored, data: { ...messageStored.data, messageId: 'm2' } },
      ])
    givenStream(chatAggregate, [...back, of(nextSent, { after: answer }), nextCompleted])
      .when(storeMessages(chat, [message]))
      .then([messageStored])
  })
  it('has the digest of its latest answer, unless a message was changed', () => {
    const told = { ...seen, digest: 'd' }
    givenStream(chatAggregate, answeredTwice)
      .when(chooseBranch(told))
      .then([{ ...chosen, data: { ...chosen.data, digest: 'd' } }])
    for (const change of [edited, messageDeleted])
      givenStream(chatAggregate, [...answeredTwice, change])
        .when(chooseBranch(told))
        .then([chosen])
    const state = (digest: object) =>
      givenStream(chatAggregate, [...answeredTwice, { ...chosen, data: { ...chosen.data, ...digest } }]).state
    expect([state({ digest: 'd' }).digest, state({}).digest]).toEqual(['d', null])
  })
})

describe('a chat with as many branches as a chat may have', () => {
  const many = [
    ...answered,
    ...Array.from({ length: mostBranches }, () => [begunAgain, of(completed, { replyId: 'r3' })]).flat(),
  ]
  const seen = { tip: 'r3', branches: mostBranches }
  it('takes no more', () => {
    givenStream(chatAggregate, many).when(answerAgain(again)).thenRefused('too_many_branches')
    givenStream(chatAggregate, many)
      .when(sendPrompt({ ...next, after: answer }))
      .thenRefused('too_many_branches')
    givenStream(chatAggregate, [...many, chosen])
      .when(storeMessages(chat, [message]))
      .thenRefused('too_many_branches')
  })
  it('goes on, and may be looked through', () => {
    givenStream(chatAggregate, many).when(sendPrompt(next)).then([nextSent])
    givenStream(chatAggregate, many)
      .when(chooseBranch({ ...choose, seen }))
      .then([chosen])
  })
})
