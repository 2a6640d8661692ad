import { z } from 'zod'
import { defineEvents } from '../event-store/catalog.js'
import { asked, chat, digest, reply } from './event-fields.js'
import { givenFiles, promptOptions, tokenCounts, toolCall } from './message.js'

/** Why a chat stops waiting for outputs that are still missing. */
export const waitEnd = z.enum(['prompt', 'cancel', 'deletion', 'timeout', 'branch'])
export type WaitEnd = z.infer<typeof waitEnd>

/**
 * A reply that asks for calls of tools has ended, and its chat waits for their outputs. The ids of calls are ours,
 * random, and say nothing; what is called with which arguments is sealed.
 */
export const toolEvents = defineEvents({
  ToolCallsRequested: {
    data: {
      ...reply,
      attempt: z.string(),
      model: z.string(),
      tokens: tokenCounts,
      latency: z.number().int(),
      /** The ids of the calls. */
      calls: z.array(z.string()),
      /** Those that nobody may make before they are approved. */
      needApproval: z.array(z.string()).optional(),
      files: givenFiles.optional(),
      ...digest,
    },
    personal: { text: z.string(), toolCalls: z.array(toolCall) },
  },
  /** `outputDigest` tells whether another output of the same call is the same; it is made with the chat's key. */
  ToolOutputReceived: {
    data: { ...chat, replyId: z.string(), callId: z.string(), messageId: z.string(), outputDigest: z.string() },
    personal: { content: z.string(), toolCallId: z.string() },
  },
  /** The call may be made. */
  ToolCallApproved: { data: { ...chat, replyId: z.string(), callId: z.string() } },
  /**
   * The call must not be made. In the same append it gets an output that tells the model so. `digest` is that of the
   * conversation without the call, as a client tells it that was never shown the call.
   */
  ToolCallDenied: { data: { ...chat, replyId: z.string(), callId: z.string(), ...digest } },
  /** The chat no longer waits for the outputs that are missing. */
  ToolCallsAbandoned: { data: { ...reply, end: waitEnd } },
  /**
   * All outputs are there: the next reply to the same prompt. Without options it is asked for as the one before it. With
   * `after` it is another answer beside an earlier one.
   */
  ReplyBegun: {
    data: asked,
    personal: { options: promptOptions.optional() },
  },
})
