import type { EnvelopeOf } from '../../event-store/catalog.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ChatEvents } from '../chat.js'

/** A chat in its owner's list; the root family calls it a session. */
export interface ChatDoc {
  _id: string
  userId: string
  name?: EnvelopeOf<ChatEvents, 'ChatRenamed'>
  tags?: EnvelopeOf<ChatEvents, 'ChatTagged'>
  metadata?: EnvelopeOf<ChatEvents, 'ChatAnnotated'>
  createdAt: Date
  lastActive: Date
  /** Prompts, answers that were given, and messages that were stored. */
  messageCount: number
}

type Events = ChatEvents & UserEvents

const goesOn = { key: (e: { data: { chatId: string } }) => e.data.chatId }

const grownBy = (messages: number) => ({
  ...goesOn,
  evolve: (doc: ChatDoc | null, { at }: { at: Date }) =>
    doc && { ...doc, messageCount: doc.messageCount + messages, lastActive: at },
})

const sets = <Field extends 'name' | 'tags' | 'metadata'>(field: Field) => ({
  ...goesOn,
  evolve: (doc: ChatDoc | null, { personal, at }: { personal?: ChatDoc[Field]; at: Date }) =>
    doc && { ...doc, lastActive: at, ...(personal && { [field]: personal }) },
})

export const chats = projection<ChatDoc, Events>('chats', {
  version: 1,
  indexes: [{ userId: 1, createdAt: -1, _id: -1 }],
  on: {
    ChatStarted: {
      key: (e) => e.data.chatId,
      evolve: (_, { data, personal, at }) => ({
        _id: data.chatId,
        userId: data.ownerId,
        ...(personal && { name: personal }),
        createdAt: at,
        lastActive: at,
        messageCount: 0,
      }),
    },
    ChatRenamed: sets('name'),
    ChatTagged: sets('tags'),
    ChatAnnotated: sets('metadata'),
    PromptSent: grownBy(1),
    ReplyCompleted: grownBy(1),
    ReplyCancelled: grownBy(1),
    ReplyFailed: grownBy(0),
    MessageStored: grownBy(1),
    MessageEdited: grownBy(0),
    MessageDeleted: grownBy(-1),
    ChatDeleted: { ...goesOn, evolve: () => null },
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
  },
})

export const chatModel = {
  name: 'Chat',
  schema: readModelSchema('chats', { userId: String, createdAt: Date, lastActive: Date }),
}
