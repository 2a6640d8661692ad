import { notRemoved, projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import { atReplyEnding, type ChatEvents, type RecordedReplyBeginning } from '../chat.js'

/** A prompt that is not answered yet. The reconciler compares these with the queue. */
export interface OpenReplyDoc {
  _id: string
  chatId: string
  ownerId: string
  promptId: string
  since: Date
}

const begin = {
  begins: true as const,
  key: (e: RecordedReplyBeginning) => e.data.replyId,
  evolve: (_: OpenReplyDoc | null, { data, at }: RecordedReplyBeginning): OpenReplyDoc => ({
    _id: data.replyId,
    chatId: data.chatId,
    ownerId: data.ownerId,
    promptId: data.promptId,
    since: at,
  }),
}

export const openReplies = projection<OpenReplyDoc, ChatEvents & UserEvents>('open_replies', {
  version: 2,
  gathers: true,
  indexes: [{ since: 1 }, { ownerId: 1 }],
  on: {
    PromptSent: begin,
    ReplyBegun: begin,
    ...atReplyEnding({ key: (e: { data: { replyId: string } }) => e.data.replyId, evolve: () => null }),
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

/**
 * Uses the index: of a day with many prompts the collection keeps many tombstones, which have no `since` and are not
 * read. Without it, each look for open replies would read all of them.
 */
export const stillOpen = { since: { $gt: new Date(0) }, ...notRemoved }

export const openReplyModel = {
  name: 'OpenReply',
  schema: readModelSchema(openReplies, { since: Date, ownerId: String }),
}
