import type { Envelope } from '../event-store/event.js'
import { projection } from '../event-store/projection.js'
import { readModelSchema } from '../event-store/read-model.js'
import type { UserEvents } from '../identity/user.js'
import type { ChatEvents } from './chat.js'

/** A chat in its owner's list; document 1 calls it a session. */
export interface ChatDoc {
  _id: string
  ownerId: string
  title?: Envelope
  createdAt: Date
  lastActive: Date
  /** Prompts, and answers that were given. */
  messageCount: number
}

type Events = ChatEvents & UserEvents

const goesOn = { key: (e: { data: { chatId: string } }) => e.data.chatId }

const grownBy = (messages: number) => ({
  ...goesOn,
  evolve: (doc: ChatDoc | null, { at }: { at: Date }) => doc && { ...doc, messageCount: doc.messageCount + messages, lastActive: at },
})

export const chats = projection<ChatDoc, Events>('chats', {
  version: 1,
  indexes: [{ ownerId: 1, createdAt: -1, _id: -1 }],
  on: {
    ChatStarted: {
      key: (e) => e.data.chatId,
      evolve: (_, { data, personal, at }) => ({
        _id: data.chatId,
        ownerId: data.ownerId,
        ...(personal && { title: personal }),
        createdAt: at,
        lastActive: at,
        messageCount: 0,
      }),
    },
    ChatRenamed: { ...goesOn, evolve: (doc, e) => doc && { ...doc, ...(e.personal && { title: e.personal }) } },
    PromptSent: grownBy(1),
    ReplyCompleted: grownBy(1),
    ReplyCancelled: grownBy(1),
    ReplyFailed: grownBy(0),
    ChatDeleted: { ...goesOn, evolve: () => null },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const chatModel = { name: 'Chat', schema: readModelSchema('chats', { ownerId: String, createdAt: Date, lastActive: Date }) }
