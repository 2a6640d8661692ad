import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import { asked, chat, digest, reply } from './event-fields.js'
import {
  after,
  anyJson,
  feedback,
  givenFiles,
  messageContent,
  messageImages,
  messageCounts,
  messageRole,
  placedMessage,
  promptOptions,
  replyFinish,
  tokenCounts,
} from './message.js'
import { toolEvents } from './tool-events.js'

const message = { ...chat, messageId: z.string() }
const text = { text: z.string() }

/** The life of a chat. What people and models write is personal; who wrote it, when and how much is not. */
export const chatEvents = defineEvents({
  /**
   * `ownName` is the owner's own name for the chat, which the owner may use in place of its id. An unstored chat has one
   * turn and is erased when its answer has been delivered: its client wants nothing to be stored.
   */
  ChatStarted: {
    data: { ...chat, hasOwnName: z.boolean().optional(), unstored: z.boolean().optional() },
    personal: { title: z.string(), ownName: z.string().optional() },
  },
  ChatRenamed: { data: chat, personal: { title: z.string() } },
  ChatTagged: { data: chat, personal: { tags: z.array(z.string()) } },
  ChatAnnotated: { data: chat, personal: { metadata: anyJson } },
  ChatDeleted: { data: chat },
  ChatErased: { data: chat },
  /**
   * With a project, the project's prompts come before the chat's own, and its settings apply. `files` are those that
   * the model may be given; without it, all of the project.
   */
  PromptSent: {
    data: asked,
    personal: { ...text, options: promptOptions.optional(), images: messageImages.optional() },
  },
  /** `attempt` names the run of the model that wrote the text. */
  ReplyCompleted: {
    data: {
      ...reply,
      attempt: z.string(),
      model: z.string(),
      tokens: tokenCounts,
      finish: replyFinish,
      latency: z.number().int(),
      cached: z.boolean().optional(),
      files: givenFiles.optional(),
      ...digest,
    },
    personal: text,
  },
  ReplyFailed: { data: { ...reply, code: z.string() }, personal: { detail: z.string() } },
  ReplyCancelled: {
    data: {
      ...reply,
      attempt: z.string().optional(),
      model: z.string(),
      tokens: tokenCounts,
      files: givenFiles.optional(),
      ...digest,
    },
    personal: text,
  },
  ...toolEvents,
  MessageStored: { data: { ...message, role: messageRole, ...messageCounts, ...after }, personal: messageContent },
  /** The whole message as it is from now on. */
  MessageEdited: { data: { ...message, role: messageRole, ...messageCounts }, personal: messageContent },
  MessageDeleted: { data: message },
  /**
   * The owner goes back to the branch with this message. From now on the chat ends with `tip`; the digest is that of the
   * conversation up to it, if it is known.
   */
  BranchChosen: { data: { ...message, tip: placedMessage, ...digest } },
  FeedbackGiven: { data: { ...message, type: feedback, previous: feedback.nullable() } },
  /** What the owner says beside the rating. Another rating, or none, takes it back. */
  FeedbackCommented: { data: message, personal: { comment: z.string() } },
  FeedbackWithdrawn: { data: { ...message, previous: feedback } },
})

export type ChatEvents = typeof chatEvents
export type ChatEvent = NewEventOf<ChatEvents>
export type RecordedChatEvent = RecordedEventOf<ChatEvents>

/** The events that end a reply, and the status that each gives it. There is no other list of them. */
export const replyEndings = {
  ReplyCompleted: 'completed',
  ToolCallsRequested: 'completed',
  ReplyFailed: 'failed',
  ReplyCancelled: 'cancelled',
} as const

type ReplyEndingType = keyof typeof replyEndings
export type ReplyEndingStatus = (typeof replyEndings)[ReplyEndingType]
export type ReplyEnding = Extract<ChatEvent, { type: ReplyEndingType }>
export type RecordedReplyEnding = RecordedEventOf<ChatEvents, ReplyEndingType>

export const isReplyEnding = (event: { type: string }): event is RecordedReplyEnding =>
  Object.hasOwn(replyEndings, event.type)

/** The events after which a reply is written. */
export type RecordedReplyBeginning = RecordedEventOf<ChatEvents, 'PromptSent' | 'ReplyBegun'>

export const isReplyBeginning = (event: { type: string }): event is RecordedReplyBeginning =>
  event.type === 'PromptSent' || event.type === 'ReplyBegun'

/** Handles all of them alike, in a projection. */
export const atReplyEnding = <Handler>(handler: Handler) =>
  Object.fromEntries(Object.keys(replyEndings).map((type) => [type, handler])) as Record<ReplyEndingType, Handler>
