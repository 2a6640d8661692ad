import { projection } from '../../src/event-store/projecting/projection.js'
import type { messageEvents } from './messages.js'

interface Message {
  _id: string
  chatId: string
  role: string
  /** An envelope. */
  text: unknown
  at: Date
}
interface Chat {
  _id: string
  lastActive: Date
  messages: number
}
interface User {
  _id: string
  messages: number
  prompts: number
}
type Events = typeof messageEvents

const idOf = ({ stream, version }: { stream: string; version: number }) => `${stream}:${version}`

/** The read models of a chat application: a document per message, per chat and per user. */
export const readModels = [
  projection<Message, Events>('messages', {
    version: 1,
    indexes: [{ chatId: 1 }],
    on: {
      MessageSaid: {
        key: idOf,
        evolve: (_, event) => {
          const { chatId, role } = event.data
          return { _id: idOf(event), chatId, role, text: event.personal, at: event.at }
        },
      },
    },
  }),
  projection<Chat, Events>('chats', {
    version: 1,
    indexes: [{ lastActive: -1 }],
    on: {
      MessageSaid: {
        key: ({ data }) => data.chatId,
        evolve: (chat, { data, at }) => ({ _id: data.chatId, lastActive: at, messages: (chat?.messages ?? 0) + 1 }),
      },
    },
  }),
  projection<User, Events>('users', {
    version: 1,
    on: {
      MessageSaid: {
        key: ({ meta }) => meta.actor,
        evolve: (user, { meta, data }) => ({
          _id: meta.actor,
          messages: (user?.messages ?? 0) + 1,
          prompts: (user?.prompts ?? 0) + (data.role === 'user' ? 1 : 0),
        }),
      },
    },
  }),
]
