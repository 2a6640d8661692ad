import { z } from 'zod'
import { after, modelSettings } from './message.js'

/** Fields that many events of a chat have. */
export const chat = { chatId: z.string(), ownerId: z.string() }
export const reply = { ...chat, promptId: z.string(), replyId: z.string() }
/** Of the whole conversation with this message, if its client tells the conversation with each prompt. */
export const digest = { digest: z.string().optional() }
/** How a reply is asked for: by its prompt, or again after calls of tools. */
export const asked = {
  ...reply,
  model: z.string(),
  settings: modelSettings,
  projectId: z.string().optional(),
  files: z.array(z.string()).optional(),
  ...digest,
  ...after,
}
