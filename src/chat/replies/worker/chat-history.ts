import type { Engine } from '../../../event-store/engine.js'
import type { PromptMessage } from '../../../llm/provider.js'
import type { RecordedEventOf } from '../../../event-store/catalog.js'
import type { ChatEvents, RecordedChatEvent } from '../../chat.js'
import type { MessageRole, PromptOptions } from '../../message.js'

/**
 * The messages of a chat after its events, newest first: an edit replaces the text, and deleted messages are left out.
 * Events are read and opened only as far as the caller takes messages, so that a long chat costs no more than its end.
 * Messages of functions and tools are kept for people; models do not get them.
 *
 * For a prompt, the history ends with it: a message that was stored while the prompt waited would be taken for the
 * question. What was edited or deleted meanwhile counts.
 */
export async function* chatHistory(
  vault: Engine['vault'],
  newestFirst: AsyncIterable<RecordedChatEvent>,
  promptId?: string,
): AsyncGenerator<PromptMessage> {
  let isLater = promptId !== undefined
  /** The last edit of each message, or null when it was deleted. Reading backwards, the last one comes first. */
  const changes = new Map<string, RecordedChatEvent | null>()
  for await (const event of newestFirst) {
    if (event.type === 'MessageDeleted') changes.set(event.data.messageId, null)
    if (event.type === 'MessageEdited' && !changes.has(event.data.messageId)) changes.set(event.data.messageId, event)
    const id = newMessageId(event)
    if (id === promptId) isLater = false
    if (id === undefined || isLater || changes.get(id) === null) continue
    const current = changes.get(id) ?? event
    const role = roleOf(current)
    if (role === 'function' || role === 'tool') continue
    const content = await contentOf(vault, current)
    if (content) yield { role, content }
  }
}

/** What the prompt asks of the model beside its text. The prompt is among the events, and the newest one. */
export async function promptOptionsIn(
  vault: Engine['vault'],
  newestFirst: AsyncIterable<RecordedChatEvent>,
  promptId: string,
): Promise<PromptOptions> {
  for await (const event of newestFirst)
    if (event.type === 'PromptSent' && event.data.promptId === promptId) return optionsOf(vault, event)
  return {}
}

export const optionsOf = async (
  vault: Engine['vault'],
  { personal }: RecordedEventOf<ChatEvents, 'PromptSent'>,
): Promise<PromptOptions> => (await vault.openOrEmpty(personal)).options ?? {}

/** The instructions as the model gets them, after the prompts of the project. */
export const instructionsIn = ({ instructions }: PromptOptions): PromptMessage[] =>
  instructions === undefined ? [] : [{ role: 'system', content: instructions }]

/** Undefined for an event that adds no message. */
function newMessageId({ type, data }: RecordedChatEvent): string | undefined {
  if (type === 'PromptSent') return data.promptId
  if (type === 'ReplyCompleted' || type === 'ReplyCancelled') return data.replyId
  return type === 'MessageStored' ? data.messageId : undefined
}

function roleOf({ type, data }: RecordedChatEvent): MessageRole {
  if (type === 'MessageStored' || type === 'MessageEdited') return data.role
  return type === 'PromptSent' ? 'user' : 'assistant'
}

async function contentOf(vault: Engine['vault'], { type, personal }: RecordedChatEvent): Promise<string | undefined> {
  if (type === 'MessageStored' || type === 'MessageEdited') return (await vault.openOrEmpty(personal)).content
  if (type === 'PromptSent' || type === 'ReplyCompleted' || type === 'ReplyCancelled')
    return (await vault.openOrEmpty(personal)).text
  return undefined
}
