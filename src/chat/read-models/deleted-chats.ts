import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ChatEvents } from '../chat.js'

/** A deleted chat whose key still exists. Retention erases it when its time has come. */
export interface DeletedChatDoc {
  _id: string
  ownerId: string
  deletedAt: Date
}

export const deletedChats = projection<DeletedChatDoc, ChatEvents & UserEvents>('deleted_chats', {
  version: 1,
  indexes: [{ deletedAt: 1 }, { ownerId: 1 }],
  on: {
    ChatDeleted: {
      key: (e) => e.data.chatId,
      evolve: (_, { data, at }) => ({ _id: data.chatId, ownerId: data.ownerId, deletedAt: at }),
    },
    ChatErased: { key: (e) => e.data.chatId, evolve: () => null },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const deletedChatModel = {
  name: 'DeletedChat',
  schema: readModelSchema(deletedChats, { ownerId: String, deletedAt: Date }),
}
