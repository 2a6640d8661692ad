import { definedFields } from '../../commands/defined-fields.js'
import type { EnvelopeOf } from '../../event-store/catalog.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { Fork } from '../branches.js'
import type { ChatEvents } from '../chat.js'
import type { MessagePlace } from '../message.js'

/** A chat in its owner's list; the root family calls it a session. */
export interface ChatDoc {
  _id: string
  userId: string
  name?: EnvelopeOf<ChatEvents, 'ChatRenamed'>
  tags?: EnvelopeOf<ChatEvents, 'ChatTagged'>
  /** As it began, if its owner has a name for it: renaming it does not change that name. */
  started?: EnvelopeOf<ChatEvents, 'ChatStarted'>
  metadata?: EnvelopeOf<ChatEvents, 'ChatAnnotated'>
  createdAt: Date
  lastActive: Date
  /** Prompts, answers that have a text, and stored messages. */
  messageCount: number
  /** Of the whole conversation, after an answer to a client that tells it with each prompt. */
  digest?: string
  /** While it waits for outputs of calls of tools: of which reply's calls, and since when. */
  waitsFor?: ToolWait
  waitsSince?: Date
  /** Of an unstored chat: its key is destroyed when its answer has been delivered, or some time after this. */
  unstoredSince?: Date
  /** Where branches begin, and which one was chosen last. */
  forks?: Fork[]
  chosen?: { at: number; after: number }
}

export interface ToolWait {
  replyId: string
  /** Of calls that may be made. */
  callIds: string[]
  /** Of calls that must be approved first. */
  needApproval?: string[]
}

type Events = ChatEvents & UserEvents

const byChat = { key: (e: { data: { chatId: string } }) => e.data.chatId }

/** The conversation is another one after each of these events. */
const addMessages = (messages: number) => ({
  ...byChat,
  evolve: (doc: ChatDoc | null, { at }: { at: Date }) => doc && withMessages(doc, messages, at),
})

interface Placed {
  at: Date
  position: number
  data: { after?: MessagePlace | undefined }
}

/** The first of these messages stands at this place from that of the event. */
const addPlaced = (messages: number, offset: 0 | 1) => ({
  ...byChat,
  evolve: (doc: ChatDoc | null, { at, position, data: { after } }: Placed) => {
    if (!doc) return null
    const forks = after && [...(doc.forks ?? []), { from: position * 2 + offset, after: after.place }]
    return { ...withMessages(doc, messages, at), ...(forks && { forks }) }
  },
})

const addReply = {
  ...byChat,
  evolve: (doc: ChatDoc | null, { at, data: { digest } }: { at: Date; data: { digest?: string } }) =>
    doc && { ...withMessages(doc, 1, at), ...(digest !== undefined && { digest }) },
}

/** A wait for nothing is none. */
function withWait(before: ChatDoc, { replyId, callIds, needApproval = [] }: ToolWait): ChatDoc {
  if (callIds.length + needApproval.length === 0) return withoutWait(before)
  return { ...before, waitsFor: { replyId, callIds, ...(needApproval.length > 0 && { needApproval }) } }
}

const others = (ids: readonly string[] | undefined, id: string): string[] => ids?.filter((one) => one !== id) ?? []

function withoutWait(before: ChatDoc): ChatDoc {
  const { waitsFor: _, waitsSince: __, ...doc } = before
  return doc
}

/** Who tells the calls with their outputs now, begins another chat. */
function withoutDigest(before: ChatDoc): ChatDoc {
  const { digest: _, ...doc } = before
  return doc
}

function withMessages(before: ChatDoc, messages: number, at: Date): ChatDoc {
  const { digest: _, ...doc } = before
  return { ...doc, messageCount: doc.messageCount + messages, lastActive: at }
}

const setField = <Field extends 'name' | 'tags' | 'metadata'>(field: Field) => ({
  ...byChat,
  evolve: (doc: ChatDoc | null, { personal, at }: { personal?: ChatDoc[Field]; at: Date }) =>
    doc && { ...doc, lastActive: at, ...(personal && { [field]: personal }) },
})

export const chats = projection<ChatDoc, Events>('chats', {
  version: 6,
  indexes: [{ userId: 1, createdAt: -1, _id: -1 }, { userId: 1, digest: 1 }, { waitsSince: 1 }, { unstoredSince: 1 }],
  on: {
    ChatStarted: {
      begins: true,
      key: (e) => e.data.chatId,
      evolve: (_, { data, personal, at }) => ({
        _id: data.chatId,
        userId: data.ownerId,
        ...(personal && { name: personal, ...(data.hasOwnName && { started: personal }) }),
        createdAt: at,
        lastActive: at,
        messageCount: 0,
        ...(data.unstored && { unstoredSince: at }),
      }),
    },
    ChatRenamed: setField('name'),
    ChatTagged: setField('tags'),
    ChatAnnotated: setField('metadata'),
    PromptSent: addPlaced(1, 0),
    ReplyCompleted: addReply,
    ReplyCancelled: addReply,
    ReplyFailed: addMessages(0),
    ReplyBegun: addPlaced(0, 1),
    ToolCallsRequested: {
      ...byChat,
      evolve: (doc, event) => {
        const { replyId, calls, needApproval } = event.data
        const answered = addReply.evolve(doc, event)
        const callIds = calls.filter((id) => !needApproval?.includes(id))
        const wait = { replyId, callIds, ...definedFields({ needApproval }) }
        return answered && withWait({ ...answered, waitsSince: event.at }, wait)
      },
    },
    ToolOutputReceived: {
      ...byChat,
      evolve: (doc, { data, at }) => {
        if (!doc) return null
        const more = { messageCount: doc.messageCount + 1, lastActive: at }
        const { callIds, needApproval } = doc.waitsFor ?? {}
        const left = { callIds: others(callIds, data.callId), needApproval: others(needApproval, data.callId) }
        return withWait({ ...doc, ...more }, { replyId: data.replyId, ...left })
      },
    },
    ToolCallApproved: {
      ...byChat,
      evolve: (doc, { data: { callId }, at }) => {
        if (!doc?.waitsFor) return doc
        const { replyId, callIds, needApproval } = doc.waitsFor
        return withWait(
          { ...doc, lastActive: at },
          { replyId, callIds: [...callIds, callId], needApproval: others(needApproval, callId) },
        )
      },
    },
    // Its output comes in the same append, and ends the wait for it.
    ToolCallDenied: {
      ...byChat,
      evolve: (doc, { data: { digest } }) => doc && { ...withoutDigest(doc), ...definedFields({ digest }) },
    },
    ToolCallsAbandoned: { ...byChat, evolve: (doc) => doc && withoutDigest(withoutWait(doc)) },
    MessageStored: addPlaced(1, 0),
    MessageEdited: addMessages(0),
    MessageDeleted: addMessages(-1),
    BranchChosen: {
      ...byChat,
      evolve: (doc, { at, position, data: { tip, digest } }) => {
        const chosen = { at: position * 2, after: tip.place }
        return doc && { ...withMessages(doc, 0, at), chosen, ...(digest !== undefined && { digest }) }
      },
    },
    ChatDeleted: { ...byChat, evolve: () => null },
    UserErased: { remove: (e) => ({ userId: e.data.userId }) },
  },
})

export const chatModel = {
  name: 'Chat',
  schema: readModelSchema(chats, {
    userId: String,
    createdAt: Date,
    lastActive: Date,
    digest: String,
    waitsSince: Date,
    unstoredSince: Date,
  }),
}
