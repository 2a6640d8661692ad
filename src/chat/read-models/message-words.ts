import type { Binary } from 'mongodb'
import { isGuest } from '../../commands/guest-ids.js'
import { isRetryable } from '../../event-store/database-errors.js'
import { isErased } from '../../event-store/errors.js'
import type { RecordedEvent } from '../../event-store/event.js'
import { PoisonEvent } from '../../event-store/projecting/fold.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import { yieldEvery } from '../../event-store/timing.js'
import type { UserEvents } from '../../identity/user.js'
import { ownerStream } from '../../identity/users.js'
import type { ChatEvents, RecordedChatEvent } from '../chat.js'
import { wordHash, wordsKey, wordsOf } from './words.js'

/** The words of one message of an account, as hashes. */
export interface MessageWordsDoc {
  _id: string
  ownerId: string
  chatId: string
  /** Orders the messages of an owner. */
  seq: number
  words: Binary[]
}

/** Made by `prepare`, before the handlers are called. */
const hashes = new WeakMap<RecordedEvent, Binary[]>()

/** Opens the messages that the events bring, and makes the hashes of their words. What was erased has no words. */
async function prepare(events: readonly RecordedEvent[], vault: Vault): Promise<void> {
  const isWanted = (event: RecordedChatEvent) =>
    'personal' in event && !hashes.has(event) && !isGuest(event.data.ownerId)
  const wanted = (events as readonly RecordedChatEvent[]).filter(isWanted)
  // All keys in one read: one after the other, each chat would wait for its own. A key that fails, fails below again.
  await Promise.allSettled([...new Set(wanted.map(({ stream }) => stream))].map((stream) => vault.keyOf(stream)))
  const turn = yieldEvery()
  for (let at = 0; at < wanted.length; at += messagesAtOnce) {
    const piece = wanted.slice(at, at + messagesAtOnce)
    const made = await Promise.allSettled(piece.map((event) => hashesOf(event, vault)))
    for (const [i, one] of made.entries()) {
      if (one.status === 'rejected') throw one.reason // of the first event: those before it have their words
      hashes.set(piece[i]!, one.value)
    }
    await turn()
  }
}

/**
 * Some milliseconds of work. With a turn of the event loop for each message, a process that rebuilds all models beside
 * this one took a quarter of an hour for 2,000 messages.
 */
const messagesAtOnce = 50

async function hashesOf(event: RecordedChatEvent, vault: Vault): Promise<Binary[]> {
  try {
    const opened: { text?: string; content?: string } = await vault.openOrEmpty(event.personal as never)
    const found = wordsOf(opened.text ?? opened.content ?? '')
    if (found.length === 0) return []
    const key = wordsKey(await vault.keyOf(ownerStream(event.data.ownerId)))
    return found.map((word) => wordHash(key, word))
  } catch (error) {
    if (isErased(error)) return []
    throw isRetryable(error) ? error : new PoisonEvent(event, error)
  }
}

const writings = [
  'PromptSent',
  'ReplyCompleted',
  'ReplyCancelled',
  'ToolCallsRequested',
  'ToolOutputReceived',
  'MessageStored',
  'MessageEdited',
] as const

type Event = Extract<RecordedChatEvent, { type: (typeof writings)[number] | 'ReplyBegun' }>

const wordsIn = (event: RecordedEvent): Binary[] => hashes.get(event) ?? []

const begin = (id: string, event: Event, words = wordsIn(event)): MessageWordsDoc | null => {
  const { ownerId, chatId } = event.data
  return isGuest(ownerId) ? null : { _id: id, ownerId, chatId, seq: event.position, words }
}

/** Which words each message of an account has. MongoDB sees hashes only; `docs/security.md` says what they reveal. */
export const messageWords = projection<MessageWordsDoc, ChatEvents & UserEvents>('message_words', {
  version: 2,
  gathers: true,
  indexes: [{ words: 1, seq: -1 }, { chatId: 1 }, { ownerId: 1 }],
  prepares: { types: writings, prepare },
  on: {
    // The reply is there from its prompt on, without words: one that was deleted meanwhile must not come back.
    PromptSent: {
      begins: true,
      key: (e) => [e.data.promptId, e.data.replyId],
      evolve: (_, e, key) => begin(key, e, key === e.data.promptId ? wordsIn(e) : []),
    },
    ReplyBegun: { begins: true, key: (e) => e.data.replyId, evolve: (_, e, key) => begin(key, e, []) },
    ReplyCompleted: { key: (e) => e.data.replyId, evolve: (doc, e) => doc && begin(doc._id, e) },
    ToolCallsRequested: { key: (e) => e.data.replyId, evolve: (doc, e) => doc && begin(doc._id, e) },
    ToolOutputReceived: { begins: true, key: (e) => e.data.messageId, evolve: (_, e) => begin(e.data.messageId, e) },
    ReplyCancelled: { key: (e) => e.data.replyId, evolve: (doc, e) => doc && begin(doc._id, e) },
    MessageStored: { begins: true, key: (e) => e.data.messageId, evolve: (_, e) => begin(e.data.messageId, e) },
    MessageEdited: {
      key: (e) => e.data.messageId,
      evolve: (doc, e) => doc && { ...doc, words: wordsIn(e) },
    },
    MessageDeleted: { key: (e) => e.data.messageId, evolve: () => null },
    ChatDeleted: { remove: (e) => ({ chatId: e.data.chatId }) },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const messageWordsModel = {
  name: 'MessageWords',
  schema: readModelSchema(messageWords, { ownerId: String, chatId: String, seq: Number, words: Array }),
}
