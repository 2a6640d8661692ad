import { invalidFields } from '../../../http/validation.js'
import type { MessageRole } from '../../message.js'

/** A message as a client tells it, in our words. */
export interface ToldMessage {
  readonly role: MessageRole
  readonly content: string
}

/** A conversation that a client tells from its beginning, and where it goes on. */
export interface SplitConversation {
  /** All up to the last answer: what a chat must be, to go on with this. */
  readonly upToAnswer: readonly ToldMessage[]
  /** What came after the last answer and before the prompt. */
  readonly sinceAnswer: readonly ToldMessage[]
  readonly prompt: string
}

/** `field` names the messages in refusals. */
export function splitConversation(messages: readonly ToldMessage[], field = 'messages'): SplitConversation {
  const last = messages.length - 1
  const { role, content } = messages[last]!
  if (role !== 'user')
    throw invalidFields([{ field: `${field}.${last}.role`, message: 'must be user: the last message is the prompt' }])
  if (content === '') throw invalidFields([{ field: `${field}.${last}.content`, message: 'must not be empty' }])
  const answered = messages.findLastIndex((message) => message.role === 'assistant') + 1
  return { upToAnswer: messages.slice(0, answered), sinceAnswer: messages.slice(answered, last), prompt: content }
}

/** The same messages, as what is added to a chat. */
export const asAddition = ({ upToAnswer, sinceAnswer, prompt }: SplitConversation): SplitConversation => ({
  upToAnswer: [],
  sinceAnswer: [...upToAnswer, ...sinceAnswer],
  prompt,
})
