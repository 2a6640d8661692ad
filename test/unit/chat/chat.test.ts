import {
  changeChat,
  chatAggregate,
  chatEvents,
  type ChatEvent,
  deleteChat,
  deleteMessage,
  editMessage,
  endReply,
  giveFeedback,
  type ReplyEnding,
  sendPrompt,
  startChat,
  storeMessages,
  withdrawFeedback,
  abandonToolCalls,
  sendToolOutputs,
} from '../../../src/chat/chat.js'
import { feedbackStep } from '../../../src/chat/message.js'
import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import { expectAggregateLaws } from '../../support/aggregate-laws.js'

const chat = { chatId: 'chat-1', ownerId: 'ann' }
const reply = { ...chat, promptId: 'p1', replyId: 'r1' }
const tokens = { prompt: 3, completion: 2, total: 5, by: 'provider' as const }

const prompt = { ...reply, text: 'What is an event?', model: 'offline/echo', settings: {} }
const started: ChatEvent = { type: 'ChatStarted', data: chat, personal: { title: 'What is an event?' } }
const sent: ChatEvent = {
  type: 'PromptSent',
  data: { ...reply, model: 'offline/echo', settings: {} },
  personal: { text: 'What is an event?' },
}
const completed: ReplyEnding = {
  type: 'ReplyCompleted',
  data: { ...reply, attempt: 'a1', model: 'offline/echo', tokens, finish: 'stop', latency: 12 },
  personal: { text: 'A fact.' },
}
const failed: ReplyEnding = {
  type: 'ReplyFailed',
  data: { ...reply, code: 'provider_rejected' },
  personal: { detail: 'no' },
}
const cancelled: ReplyEnding = {
  type: 'ReplyCancelled',
  data: { ...reply, attempt: 'a1', model: 'offline/echo', tokens },
  personal: { text: 'A f' },
}
const deleted: ChatEvent = { type: 'ChatDeleted', data: chat }
const erased: ChatEvent = { type: 'ChatErased', data: chat }
const next = { ...prompt, promptId: 'p2', replyId: 'r2', text: 'And a stream?' }
const nextSent = {
  type: 'PromptSent',
  data: { ...sent.data, promptId: 'p2', replyId: 'r2' },
  personal: { text: 'And a stream?' },
} as ChatEvent
const draft = { replyId: 'r1', attempt: 'a1', text: 'A f', tokens }
const stranger = { ...chat, ownerId: 'bob' }

const answered = [started, sent, completed]

it('feedback counts once for each message, however often it changes', () => {
  expect([null, 'positive' as const, 'negative' as const].map((previous) => feedbackStep({ previous }))).toEqual([
    1, 0, 0,
  ])
})

const messageOf = (messageId: string, content: string) => ({
  messageId,
  role: 'system' as const,
  content: { content },
  counts: {},
})
const storedEvent = (messageId: string, content: string): ChatEvent => ({
  type: 'MessageStored',
  data: { ...chat, messageId, role: 'system' },
  personal: { content },
})
const withDigest = <Event extends ChatEvent>(event: Event, digest: string): Event => ({
  ...event,
  data: { ...event.data, digest },
})

describe('a prompt that follows a reply', () => {
  const follows = (replyId: string) => sendPrompt({ ...next, options: { follows: replyId } })
  const seals = { ...nextSent, personal: { text: 'And a stream?', options: { follows: 'r1' } } } as ChatEvent

  it.each([
    ['completed', completed],
    ['failed', failed],
    ['cancelled', cancelled],
  ])('goes on from the latest one, which was %s', (_, ending) =>
    givenStream(chatAggregate, [started, sent, ending]).when(follows('r1')).then([seals]),
  )
  it('goes on from it when messages came after it, and when it was deleted', () =>
    givenStream(chatAggregate, [
      ...answered,
      storedEvent('m1', 'Be kind.'),
      { type: 'MessageDeleted', data: { ...chat, messageId: 'r1' } },
    ])
      .when(follows('r1'))
      .then([seals]))
  it('is refused while that reply is written', () =>
    givenStream(chatAggregate, [started, sent]).when(follows('r1')).thenRefused('reply_in_progress'))
})

const callOf = (id: string) => ({ id, type: 'function' as const, function: { name: 'weather', arguments: '{}' } })
const requested: ReplyEnding = {
  type: 'ToolCallsRequested',
  data: { ...reply, attempt: 'a1', model: 'offline/echo', tokens, latency: 12, calls: ['c1', 'c2'] },
  personal: { text: '', toolCalls: [callOf('c1'), callOf('c2')] },
}
const output = (callId: string, text = 'sunny') => ({
  callId,
  output: text,
  messageId: `output of ${callId}`,
  outputDigest: `digest of ${text}`,
})
const received = (callId: string, text = 'sunny'): ChatEvent => ({
  type: 'ToolOutputReceived',
  data: { ...chat, replyId: 'r1', callId, messageId: `output of ${callId}`, outputDigest: `digest of ${text}` },
  personal: { content: text, toolCallId: callId },
})
const begun: ChatEvent = {
  type: 'ReplyBegun',
  data: { ...chat, promptId: 'p1', replyId: 'r2', model: 'offline/echo', settings: {} },
  personal: {},
}
const abandonedBy = (end: 'prompt' | 'cancel' | 'deletion' | 'timeout'): ChatEvent => ({
  type: 'ToolCallsAbandoned',
  data: { ...reply, end },
})

describe('calls of tools', () => {
  const asked = [started, sent, requested]
  const outputs = (...ids: string[]) =>
    sendToolOutputs({ ...chat, replyId: 'r2', outputs: ids.map((id) => output(id)) })

  it('end the reply, once', () => {
    givenStream(chatAggregate, [started, sent]).when(endReply(requested)).then([requested])
    givenStream(chatAggregate, asked).when(endReply(completed)).then([])
    givenStream(chatAggregate, answered).when(endReply(requested)).then([])
    givenStream(chatAggregate, [...answered, requested])
      .when(outputs('c1'))
      .thenRefused('not_found')
  })
  it('wait for all outputs: with the last one the next reply begins', () => {
    givenStream(chatAggregate, asked)
      .when(outputs('c1'))
      .then([received('c1')])
    givenStream(chatAggregate, [...asked, received('c1')])
      .when(outputs('c2'))
      .then([received('c2'), begun])
    givenStream(chatAggregate, asked)
      .when(outputs('c2', 'c1'))
      .then([received('c2'), received('c1'), begun])
  })
  it('go on as the prompt was asked, or as the outputs say', () => {
    const inProject = { model: 'offline/echo', settings: { seed: 7 }, projectId: 'project', files: ['f1'] }
    const asks: ChatEvent = { type: 'PromptSent', data: { ...reply, ...inProject }, personal: { text: 'Hi' } }
    const next = { ...begun, data: { ...begun.data, ...inProject } } as ChatEvent
    givenStream(chatAggregate, [started, asks, requested])
      .when(outputs('c1', 'c2'))
      .then([received('c1'), received('c2'), next])
    givenStream(chatAggregate, [started, asks, requested, received('c1')])
      .when(sendToolOutputs({ ...chat, replyId: 'r2', outputs: [output('c2')], model: 'x/y', settings: {} }))
      .then([received('c2'), { ...next, data: { ...next.data, model: 'x/y', settings: {} } }])
  })
  it('take an output once, and none that differs from it', () => {
    givenStream(chatAggregate, asked)
      .when(outputs('c1', 'c1'))
      .then([received('c1')])
    givenStream(chatAggregate, [...asked, received('c1')])
      .when(outputs('c1'))
      .then([])
    givenStream(chatAggregate, [...asked, received('c1'), received('c2'), begun])
      .when(outputs('c1', 'c2'))
      .then([])
    givenStream(chatAggregate, [...asked, received('c1', 'rainy')])
      .when(outputs('c1'))
      .thenRefused('output_differs')
    const both = [output('c1'), output('c1', 'rainy')]
    givenStream(chatAggregate, asked)
      .when(sendToolOutputs({ ...chat, replyId: 'r2', outputs: both }))
      .thenRefused('output_differs')
  })
  it('know no other calls, and no chat of somebody else', () => {
    givenStream(chatAggregate, asked).when(outputs('c9')).thenRefused('not_found')
    givenStream(chatAggregate, answered).when(outputs('c1')).thenRefused('not_found')
    givenStream(chatAggregate).when(outputs('c1')).thenRefused('not_found')
    givenStream(chatAggregate, asked)
      .when(sendToolOutputs({ ...stranger, replyId: 'r2', outputs: [output('c1')] }))
      .thenRefused('not_found')
  })
  it('are abandoned by a prompt that does not wait, with what is there', () =>
    givenStream(chatAggregate, [...asked, received('c1')])
      .when(sendPrompt(next))
      .then([abandonedBy('prompt'), nextSent]))
  it('are not abandoned when nothing is missing', () =>
    givenStream(chatAggregate, [...asked, received('c1'), received('c2'), begun, of2(completed)])
      .when(sendPrompt({ ...next, promptId: 'p3', replyId: 'r3' }))
      .then([{ ...nextSent, data: { ...nextSent.data, promptId: 'p3', replyId: 'r3' } }]))
  it('are abandoned by a cancel or a time limit, once', () => {
    givenStream(chatAggregate, asked)
      .when(abandonToolCalls(chat, 'r1', 'timeout'))
      .then([abandonedBy('timeout')])
    const over = [...asked, abandonedBy('cancel')]
    givenStream(chatAggregate, over)
      .when(abandonToolCalls(chat, 'r1', 'timeout'))
      .then([])
    givenStream(chatAggregate, asked)
      .when(abandonToolCalls(chat, 'r9', 'timeout'))
      .then([])
    givenStream(chatAggregate, asked)
      .when(abandonToolCalls(stranger, 'r1', 'timeout'))
      .then([])
    givenStream(chatAggregate, over).when(outputs('c1')).thenRefused('call_abandoned')
    givenStream(chatAggregate, over).when(sendPrompt(next)).then([nextSent])
  })
  it('are abandoned with their chat, and with the message that asks for them', () => {
    givenStream(chatAggregate, asked)
      .when(deleteChat(chat, false))
      .then([abandonedBy('deletion'), deleted])
    givenStream(chatAggregate, asked)
      .when(deleteChat(chat, true))
      .then([abandonedBy('deletion'), deleted, erased])
    givenStream(chatAggregate, [...asked, deleted])
      .when(outputs('c1'))
      .thenRefused('name_used')
    const gone: ChatEvent = { type: 'MessageDeleted', data: { ...chat, messageId: 'r1' } }
    givenStream(chatAggregate, asked)
      .when(deleteMessage(chat, 'r1'))
      .then([abandonedBy('deletion'), gone])
  })
  it('make the next reply the open one, which may ask for calls again', () => {
    const open = [...asked, received('c1'), received('c2'), begun]
    givenStream(chatAggregate, open).when(sendPrompt(next)).thenRefused('reply_in_progress')
    givenStream(chatAggregate, open)
      .when(endReply(of2(requested)))
      .then([of2(requested)])
    givenStream(chatAggregate, open)
      .when(endReply(of2(completed)))
      .then([of2(completed)])
  })
})

const of2 = <Event extends ReplyEnding>(event: Event): Event => ({ ...event, data: { ...event.data, replyId: 'r2' } })

describe('outputs with their told conversation', () => {
  const told = {
    before: [messageOf('m0', 'Be kind.')],
    sinceAnswer: [],
    follows: 'up to the calls',
    digest: 'with the outputs',
    isNamed: false,
    beginning: { promptId: 'm0', title: 'Be kind.', model: 'offline/echo' },
  }
  const sent1 = [started, withDigest(sent, 'first'), withDigest(requested, told.follows)]
  const goOn = (...ids: string[]) =>
    sendToolOutputs({ ...chat, replyId: 'r2', outputs: ids.map((id) => output(id)), told, settings: {} })
  const begins = withDigest(begun, told.digest)

  it('go on in the chat that is what was told', () => {
    givenStream(chatAggregate, sent1)
      .when(goOn('c1', 'c2'))
      .then([received('c1'), received('c2'), begins])
    givenStream(chatAggregate, [...sent1, received('c1')])
      .when(goOn('c1', 'c2'))
      .then([received('c2'), begins])
  })
  it('are all there, or none is taken', () =>
    givenStream(chatAggregate, sent1).when(goOn('c1')).thenRefused('outputs_missing'))
  it('begin a chat that no other is', () => {
    const first = { ...begins, data: { ...begins.data, promptId: 'm0' } } as ChatEvent
    const titled: ChatEvent = { type: 'ChatStarted', data: chat, personal: { title: 'Be kind.' } }
    givenStream(chatAggregate)
      .when(goOn('c1', 'c2'))
      .then([titled, storedEvent('m0', 'Be kind.'), first])
    givenStream(chatAggregate, [...sent1, abandonedBy('timeout')])
      .when(goOn('c1', 'c2'))
      .thenRefused('conversation_differs')
  })
  it('are added to a chat that is named, and change nothing when they come again', () => {
    const named = { ...told, follows: '', isNamed: true, beginning: undefined }
    const add = (ids: readonly string[], follows = 'r1') => {
      const outputs = ids.map((id) => output(id))
      return sendToolOutputs({ ...chat, replyId: 'r2', outputs, told: named, settings: {}, options: { follows } })
    }
    const asked: ChatEvent = { ...begun, personal: { options: { follows: 'r1' } } }
    givenStream(chatAggregate, sent1)
      .when(add(['c1', 'c2']))
      .then([received('c1'), received('c2'), asked])
    givenStream(chatAggregate, sent1)
      .when(add(['c1']))
      .thenRefused('outputs_missing')
    givenStream(chatAggregate, sent1)
      .when(add(['c1', 'c2'], 'r0'))
      .thenRefused('not_found')
    givenStream(chatAggregate, [...sent1, received('c1'), received('c2'), asked])
      .when(add(['c1', 'c2']))
      .then([])
    givenStream(chatAggregate)
      .when(add(['c1', 'c2']))
      .thenRefused('not_found')
  })
  it('and a prompt after them: the prompt begins the reply', () =>
    givenStream(chatAggregate, sent1)
      .when(sendPrompt({ ...next, told: { ...told, outputs: [output('c1'), output('c2')] } }))
      .then([received('c1'), received('c2'), withDigest(nextSent, told.digest)]))
})

describe('a chat that is not to be stored', () => {
  const unstored: ChatEvent = { ...started, data: { ...chat, unstored: true } }
  const answered1 = [unstored, sent, completed]

  it('says so when it begins, and takes nothing after its turn', () => {
    givenStream(chatAggregate)
      .when(sendPrompt({ ...prompt, unstored: true }))
      .then([unstored, sent])
    givenStream(chatAggregate, answered1).when(sendPrompt(next)).thenRefused('not_found')
    givenStream(chatAggregate, [unstored, sent, requested])
      .when(sendToolOutputs({ ...chat, replyId: 'r2', outputs: [output('c1')] }))
      .thenRefused('not_found')
  })
  it('is erased as all are', () =>
    givenStream(chatAggregate, answered1).when(deleteChat(chat, true)).then([deleted, erased]))
})

describe('a prompt with its told conversation', () => {
  const told = {
    before: [messageOf('m0', 'Be kind.'), messageOf('m1', 'Be brief.')],
    sinceAnswer: [messageOf('m1', 'Be brief.')],
    follows: 'up to the answer',
    digest: 'with the prompt',
    isNamed: false,
  }
  const told1 = [started, withDigest(sent, 'first'), withDigest(completed, 'up to the answer')]
  const goOn = sendPrompt({ ...next, told })
  const expectRefused = (...since: ChatEvent[]) =>
    givenStream(chatAggregate, [...told1, ...since])
      .when(goOn)
      .thenRefused('conversation_differs')

  it('begins a chat with all that came before it', () =>
    givenStream(chatAggregate)
      .when(sendPrompt({ ...prompt, told }))
      .then([started, storedEvent('m0', 'Be kind.'), storedEvent('m1', 'Be brief.'), withDigest(sent, told.digest)]))
  it('goes on in the chat that is what was told, with what came since its answer', () =>
    givenStream(chatAggregate, told1)
      .when(goOn)
      .then([storedEvent('m1', 'Be brief.'), withDigest(nextSent, told.digest)]))
  it('goes on after a part of an answer', () =>
    givenStream(chatAggregate, [started, withDigest(sent, 'first'), withDigest(cancelled, told.follows)])
      .when(goOn)
      .then([storedEvent('m1', 'Be brief.'), withDigest(nextSent, told.digest)]))
  it('goes on in no chat that another prompt has moved on', () => expectRefused(withDigest(nextSent, 'other')))
  it('goes on in no chat whose messages were changed', () => {
    expectRefused(storedEvent('m7', 'More'))
    expectRefused({ type: 'MessageDeleted', data: { ...chat, messageId: 'p1' } })
    expectRefused({
      type: 'MessageEdited',
      data: { ...chat, messageId: 'p1', role: 'user' },
      personal: { content: 'x' },
    })
  })
  it('goes on in no deleted chat, and in none of which nothing was told', () => {
    expectRefused(deleted)
    givenStream(chatAggregate, answered).when(goOn).thenRefused('conversation_differs')
  })
  it('goes on in the chat that it names, which is not compared any more', () =>
    givenStream(chatAggregate, answered)
      .when(sendPrompt({ ...next, told: { ...told, isNamed: true } }))
      .then([storedEvent('m1', 'Be brief.'), nextSent]))
  it('waits for the open reply of the chat that it names', () =>
    givenStream(chatAggregate, [started, sent])
      .when(sendPrompt({ ...next, told: { ...told, isNamed: true } }))
      .thenRefused('reply_in_progress'))
})

describe('a prompt', () => {
  it('starts a chat with its first words', () =>
    givenStream(chatAggregate).when(sendPrompt(prompt)).then([started, sent]))
  it('goes on with a chat', () => givenStream(chatAggregate, answered).when(sendPrompt(next)).then([nextSent]))
  it('goes on after a failure', () =>
    givenStream(chatAggregate, [started, sent, failed]).when(sendPrompt(next)).then([nextSent]))
  it('goes on after a stop', () =>
    givenStream(chatAggregate, [started, sent, cancelled]).when(sendPrompt(next)).then([nextSent]))
  it('waits for the open reply', () =>
    givenStream(chatAggregate, [started, sent]).when(sendPrompt(next)).thenRefused('reply_in_progress'))
  it('finds no chat of somebody else', () =>
    givenStream(chatAggregate, answered)
      .when(sendPrompt({ ...next, ...stranger }))
      .thenRefused('not_found'))
  it('starts a chat with its owner’s own name for it', () =>
    givenStream(chatAggregate)
      .when(sendPrompt({ ...prompt, ownName: 'facts' }))
      .then([
        {
          ...started,
          data: { ...chat, hasOwnName: true },
          personal: { ...started.personal, ownName: 'facts' },
        },
        sent,
      ]))
  it.each([
    ['deleted', [deleted]],
    ['erased', [deleted, erased]],
  ])('does not begin a chat again that was %s, and tells a stranger nothing', (_, ends) => {
    const ended = givenStream(chatAggregate, [...answered, ...ends])
    ended.when(sendPrompt(next)).thenRefused('name_used')
    ended.when(sendPrompt({ ...next, ...stranger })).thenRefused('not_found')
  })

  it.each([
    ['many words are cut between two', 'word '.repeat(20), `${'word '.repeat(11)}word …`],
    ['white space becomes one space', ' a\n\n\tb ', 'a b'],
    ['nothing but white space', ' \n ', 'New chat'],
    ['one long word', 'x'.repeat(100), `${'x'.repeat(60)} …`],
    ['no emoji is cut in two', `${'x'.repeat(59)}😀😀`, `${'x'.repeat(59)} …`],
  ])('names the chat: %s', (_, text, title) => {
    givenStream(chatAggregate)
      .when((state) => sendPrompt({ ...prompt, text })(state).slice(0, 1))
      .then([{ type: 'ChatStarted', data: chat, personal: { title } }])
  })
})

describe('a reply', () => {
  it.each([completed, failed, cancelled])('ends as $type', (ending) =>
    givenStream(chatAggregate, [started, sent]).when(endReply(ending)).then([ending]),
  )
  it.each([completed, failed, cancelled])('ends once: not again after $type', (ending) =>
    givenStream(chatAggregate, [started, sent, ending]).when(endReply(completed)).then([]),
  )
  it('does not end another', () =>
    givenStream(chatAggregate, [...answered, nextSent])
      .when(endReply(completed))
      .then([]))
  it('does not end in a deleted chat', () =>
    givenStream(chatAggregate, [started, sent, cancelled, deleted]).when(endReply(completed)).then([]))
  it('does not end where nothing was asked', () => givenStream(chatAggregate).when(endReply(completed)).then([]))
})

describe('a chat', () => {
  it('is renamed', () =>
    givenStream(chatAggregate, answered)
      .when(changeChat(chat, { title: 'Events' }))
      .then([{ type: 'ChatRenamed', data: chat, personal: { title: 'Events' } }]))
  it('is renamed by its owner only', () =>
    givenStream(chatAggregate, answered)
      .when(changeChat(stranger, { title: 'Mine' }))
      .thenRefused('not_found'))
  it('must be there to be renamed', () =>
    givenStream(chatAggregate)
      .when(changeChat(chat, { title: 'x' }))
      .thenRefused('not_found'))

  it('is deleted', () =>
    givenStream(chatAggregate, answered)
      .when(deleteChat(chat, false, draft))
      .then([deleted]))
  it('is deleted together with its open reply', () =>
    givenStream(chatAggregate, [started, sent])
      .when(deleteChat(chat, false, draft))
      .then([cancelled, deleted]))
  it('is deleted with nothing of an earlier reply', () =>
    givenStream(chatAggregate, [...answered, nextSent])
      .when(deleteChat(chat, false, draft))
      .then([
        {
          type: 'ReplyCancelled',
          data: {
            ...chat,
            promptId: 'p2',
            replyId: 'r2',
            model: 'offline/echo',
            tokens: { prompt: 0, completion: 0, total: 0, by: 'tokenizer' },
          },
          personal: { text: '' },
        },
        deleted,
      ]))
  it('is deleted once', () =>
    givenStream(chatAggregate, [...answered, deleted])
      .when(deleteChat(chat, false, draft))
      .thenRefused('not_found'))
  it('is deleted by its owner only', () =>
    givenStream(chatAggregate, answered)
      .when(deleteChat(stranger, false, draft))
      .thenRefused('not_found'))
  it('is erased', () =>
    givenStream(chatAggregate, answered)
      .when(deleteChat(chat, true, draft))
      .then([deleted, erased]))
  it('is erased after it was deleted', () =>
    givenStream(chatAggregate, [...answered, deleted])
      .when(deleteChat(chat, true, draft))
      .then([erased]))
  it('is erased once', () =>
    givenStream(chatAggregate, [...answered, deleted, erased])
      .when(deleteChat(chat, true, draft))
      .then([]))
})

describe('feedback', () => {
  const positive: ChatEvent = {
    type: 'FeedbackGiven',
    data: { ...chat, messageId: 'r1', type: 'positive', previous: null },
  }
  const changed: ChatEvent = {
    type: 'FeedbackGiven',
    data: { ...chat, messageId: 'r1', type: 'negative', previous: 'positive' },
  }
  const withdrawn: ChatEvent = { type: 'FeedbackWithdrawn', data: { ...chat, messageId: 'r1', previous: 'positive' } }

  it('is given', () =>
    givenStream(chatAggregate, answered)
      .when(giveFeedback(chat, 'r1', 'positive'))
      .then([positive]))
  it('is given once', () =>
    givenStream(chatAggregate, [...answered, positive])
      .when(giveFeedback(chat, 'r1', 'positive'))
      .then([]))
  it('changes, and says from what', () =>
    givenStream(chatAggregate, [...answered, positive])
      .when(giveFeedback(chat, 'r1', 'negative'))
      .then([changed]))
  it('is given with a comment, which may change or come later', () => {
    const commented = (comment: string): ChatEvent => ({
      type: 'FeedbackCommented',
      data: { ...chat, messageId: 'r1' },
      personal: { comment },
    })
    givenStream(chatAggregate, answered)
      .when(giveFeedback(chat, 'r1', 'positive', 'Right.'))
      .then([positive, commented('Right.')])
    givenStream(chatAggregate, [...answered, positive])
      .when(giveFeedback(chat, 'r1', 'positive', 'Right, and short.'))
      .then([commented('Right, and short.')])
    givenStream(chatAggregate, [...answered, positive, commented('Right.')])
      .when(giveFeedback(chat, 'r1', 'positive'))
      .then([])
  })
  it('is withdrawn', () =>
    givenStream(chatAggregate, [...answered, positive])
      .when(withdrawFeedback(chat, 'r1'))
      .then([withdrawn]))
  it('is withdrawn once', () =>
    givenStream(chatAggregate, [...answered, positive, withdrawn])
      .when(withdrawFeedback(chat, 'r1'))
      .then([]))
  it('is the owner’s', () =>
    givenStream(chatAggregate, answered)
      .when(giveFeedback(stranger, 'r1', 'positive'))
      .thenRefused('not_found'))
})

describe('a chat log', () => {
  const message = {
    messageId: 'm1',
    role: 'tool' as const,
    content: { content: '42', name: 'sum' },
    counts: { tokens: 3 },
  }
  const second = { messageId: 'm2', role: 'user' as const, content: { content: 'Thanks' }, counts: {} }
  const stored: ChatEvent = {
    type: 'MessageStored',
    data: { ...chat, messageId: 'm1', role: 'tool', tokens: 3 },
    personal: { content: '42', name: 'sum' },
  }

  it('starts with a title, tags and metadata', () =>
    givenStream(chatAggregate)
      .when(startChat(chat, { title: 'Sums', tags: ['maths'], metadata: { from: 'school' } }))
      .then([
        { type: 'ChatStarted', data: chat, personal: { title: 'Sums' } },
        { type: 'ChatTagged', data: chat, personal: { tags: ['maths'] } },
        { type: 'ChatAnnotated', data: chat, personal: { metadata: { from: 'school' } } },
      ]))
  it('starts with messages, in the same append', () =>
    givenStream(chatAggregate)
      .when(startChat(chat, { title: 'Sums' }, [messageOf('m1', 'Be kind.')]))
      .then([{ ...started, personal: { title: 'Sums' } }, storedEvent('m1', 'Be kind.')]))
  it('starts once', () => givenStream(chatAggregate, [started]).when(startChat(chat, {})).thenRefused('not_found'))
  it('changes only what it is told to', () =>
    givenStream(chatAggregate, [started])
      .when(changeChat(chat, { tags: [] }))
      .then([{ type: 'ChatTagged', data: chat, personal: { tags: [] } }]))

  it('keeps messages of all roles, together', () =>
    givenStream(chatAggregate, [started])
      .when(storeMessages(chat, [message, second]))
      .then([
        stored,
        { type: 'MessageStored', data: { ...chat, messageId: 'm2', role: 'user' }, personal: { content: 'Thanks' } },
      ]))
  it('keeps none for a stranger', () =>
    givenStream(chatAggregate, [started])
      .when(storeMessages(stranger, [message]))
      .thenRefused('not_found'))
  it('keeps none before it starts', () =>
    givenStream(chatAggregate)
      .when(storeMessages(chat, [message]))
      .thenRefused('not_found'))

  it('edits a message', () =>
    givenStream(chatAggregate, [started, stored])
      .when(editMessage(chat, { ...message, counts: {} }))
      .then([
        {
          type: 'MessageEdited',
          data: { ...chat, messageId: 'm1', role: 'tool' },
          personal: { content: '42', name: 'sum' },
        },
      ]))
  it('deletes a message', () =>
    givenStream(chatAggregate, [started, stored])
      .when(deleteMessage(chat, 'm1'))
      .then([{ type: 'MessageDeleted', data: { ...chat, messageId: 'm1' } }]))
  it('deletes no reply that is still being written', () =>
    givenStream(chatAggregate, [started, sent]).when(deleteMessage(chat, 'r1')).thenRefused('reply_in_progress'))
})

describe('a chat, whatever it is asked to do', () => {
  expectAggregateLaws({ aggregate: chatAggregate, definitions: chatEvents, commands: 'chat' })
})
