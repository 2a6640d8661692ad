import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-schema.js'
import type { UserEvents } from '../../identity/user.js'
import type { ChatEvents } from '../chat.events.js'

/** A prompt that has no answer yet: what the reconciler compares with the queue. */
export interface OpenReplyDoc {
  _id: string
  chatId: string
  ownerId: string
  promptId: string
  since: Date
}

const ended = { key: (e: { data: { replyId: string } }) => e.data.replyId, evolve: () => null }

export const openReplies = projection<OpenReplyDoc, ChatEvents & UserEvents>('open_replies', {
  version: 1,
  indexes: [{ since: 1 }, { ownerId: 1 }],
  on: {
    PromptSent: {
      key: (e) => e.data.replyId,
      evolve: (_, { data, at }) => ({
        _id: data.replyId,
        chatId: data.chatId,
        ownerId: data.ownerId,
        promptId: data.promptId,
        since: at,
      }),
    },
    ReplyCompleted: ended,
    ReplyFailed: ended,
    ReplyCancelled: ended,
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const openReplyModel = {
  name: 'OpenReply',
  schema: readModelSchema('open_replies', { since: Date, ownerId: String }),
}
