import { Branches } from '../../../src/chat/branches.js'
import { isReplyBeginning, isReplyEnding, type RecordedChatEvent } from '../../../src/chat/chat.js'
import { type ChatDoc, chats } from '../../../src/chat/read-models/chats.js'
import { onBranch } from '../../../src/chat/replies/worker/reply-branch.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { record } from '../../../src/event-store/projecting/given-then.js'
import { BranchedChat } from '../../support/chat/branched-chat.js'
import * as its from '../../support/chat/chat-events.js'
import { all } from '../../support/event-store/engines.js'
import { forEachSeed, Random, seeds, withSeed } from '../../support/seeds.js'

const some = (ranges: Branches['current'], chat: BranchedChat) =>
  chat.messages.filter(({ place }) => ranges.some(({ from, to }) => from <= place && place <= to))

function branchesIn(chat: BranchedChat): Branches {
  const documents = new DocumentsInMemory(chats)
  documents.apply(chat.recorded)
  return new Branches(documents.all()[0] as unknown as ChatDoc)
}
const newChat = (seed: number) => new BranchedChat(new Random(seed), 60)

describe('a chat without forks', () => {
  const plain = new Branches({})
  it('is one branch, and one range', () => {
    expect(plain.current).toEqual([{ from: 0, to: Infinity }])
    expect(plain.pathTo(7)).toEqual([{ from: 0, to: 7 }])
    expect([plain.areSeveral, plain.isCurrent(7)]).toEqual([false, true])
  })
})

describe('a chat whose first answer has got a second one, and a prompt behind it', () => {
  // The prompt is at 4, its answers are at 5 and 13, and the next prompt with its answer at 20 and 21.
  const forks = [{ from: 13, after: 4 }]
  it('has both branches', () => {
    const branches = new Branches({ forks })
    expect(branches.current).toEqual([
      { from: 0, to: 4 },
      { from: 13, to: Infinity },
    ])
    expect(branches.pathTo(5)).toEqual([{ from: 0, to: 5 }])
    expect(branches.below(5)).toEqual([{ from: 5, to: 12 }])
    expect(branches.below(4)).toEqual([
      { from: 4, to: 12 },
      { from: 13, to: Infinity },
    ])
  })
  it('goes on with the chosen one until the next message', () => {
    const chosen = { at: 30, after: 5 }
    expect(new Branches({ forks, chosen }).current).toEqual([{ from: 0, to: 5 }])
    const later = new Branches({ forks: [...forks, { from: 40, after: 5 }], chosen })
    expect(later.current).toEqual([
      { from: 0, to: 5 },
      { from: 40, to: Infinity },
    ])
  })
  it('may have a choice that came before any fork was known', () => {
    expect(new Branches({ chosen: { at: 30, after: 5 } }).current).toEqual([{ from: 0, to: 5 }])
  })
  it('has outputs of tools on one of them only', async () => {
    const again = its.of(its.begun, { replyId: 'r3', after: { place: 4, messageId: 'p1' } })
    const events = record([its.started, its.sent, its.requested, its.received, again]) as RecordedChatEvent[]
    const found = await all(onBranch(newestFirst(events), { replyId: 'r3' }))
    expect(found.map(({ type }) => type)).toEqual(['ReplyBegun', 'PromptSent', 'ChatStarted'])
  })
})

describe('whatever people do in a chat', () => {
  it('the places of a branch are those of the messages that follow one another', () => {
    let forks = 0
    forEachSeed(150, (seed) => {
      const chat = newChat(seed)
      const branches = branchesIn(chat)
      forks += branches.forkCount
      expect(some(branches.current, chat)).toEqual(chat.current)
      for (const message of chat.messages) {
        expect(some(branches.pathTo(message.place), chat)).toEqual(chat.pathTo(message))
        expect(some(branches.below(message.place), chat)).toEqual(chat.below(message))
      }
    })
    expect(forks).toBeGreaterThan(150)
  })

  it('a reply is given its own branch, whether it is written now or asked about later', async () => {
    for (const seed of seeds(60)) {
      try {
        const chat = newChat(seed)
        const events = chat.recorded
        for (const [replyId, context] of chat.contexts) {
          const expected = context.map(({ id }) => id).sort()
          expect(await idsOf(events, replyId)).toEqual(expected)
          const beginning = events.findIndex((event) => isReplyBeginning(event) && event.data.replyId === replyId)
          expect(await idsOf(events.slice(0, beginning + 1))).toEqual(expected)
        }
      } catch (error) {
        throw withSeed(error, seed)
      }
    }
  })
})

/** The messages whose texts a reply is given, sorted. What came behind its beginning is not looked at. */
async function idsOf(events: readonly RecordedChatEvent[], replyId?: string): Promise<string[]> {
  const found = await all(onBranch(newestFirst(events), { replyId }))
  const beginning = found.findIndex((event) => isReplyBeginning(event) && event.data.replyId === replyId)
  return found.slice(Math.max(beginning, 0)).flatMap(idOf).sort()
}

function idOf(event: RecordedChatEvent): string[] {
  if (event.type === 'PromptSent') return [event.data.promptId]
  if (event.type === 'MessageStored') return [event.data.messageId]
  return isReplyEnding(event) && event.type !== 'ReplyFailed' ? [event.data.replyId] : []
}

async function* newestFirst(events: readonly RecordedChatEvent[]) {
  yield* events.toReversed()
}
