import type { RecordedEventOf } from '../../../event-store/catalog.js'
import type { Engine } from '../../../event-store/engine.js'
import type { PromptMessage } from '../../../llm/provider.js'
import type { ChatEvents } from '../../chat.js'
import type { MessageRole } from '../../message.js'
import { chatStream } from '../../chats.js'

type ChatEvent = RecordedEventOf<ChatEvents>

/**
 * What was said in a chat, newest first, as it reads today: edited words in place of what they replace, nothing of what
 * was deleted. It is read and opened as far as somebody asks for it, so that a long chat costs no more than its end.
 * What functions and tools said is kept for people; models are not given it. `upTo`: as the chat was at that version of
 * its stream.
 */
export async function* chatHistory(
  { store, vault }: Engine,
  chatId: string,
  upTo?: number,
): AsyncGenerator<PromptMessage> {
  /** What later became of a message: its last words, or null. Read backwards, the last come first. */
  const fates = new Map<string, ChatEvent | null>()
  for await (const event of store.readStream(chatStream(chatId), {
    backwards: true,
    from: upTo,
  }) as AsyncIterable<ChatEvent>) {
    if (event.type === 'MessageDeleted') fates.set(event.data.messageId, null)
    if (event.type === 'MessageEdited' && !fates.has(event.data.messageId)) fates.set(event.data.messageId, event)
    const id = messageIdOf(event)
    const words = id === undefined || fates.get(id) === null ? undefined : (fates.get(id) ?? event)
    const role = words && roleOf(words)
    if (!words?.personal || !role || role === 'function' || role === 'tool') continue
    const content = await contentOf(vault, words)
    if (content) yield { role, content }
  }
}

/** The message that began with this event. */
function messageIdOf({ type, data }: ChatEvent): string | undefined {
  if (type === 'PromptSent') return data.promptId
  if (type === 'ReplyCompleted' || type === 'ReplyCancelled') return data.replyId
  return type === 'MessageStored' ? data.messageId : undefined
}

function roleOf({ type, data }: ChatEvent): MessageRole {
  if (type === 'MessageStored' || type === 'MessageEdited') return data.role
  return type === 'PromptSent' ? 'user' : 'assistant'
}

async function contentOf(vault: Engine['vault'], { type, personal }: ChatEvent): Promise<string | undefined> {
  if (type === 'MessageStored' || type === 'MessageEdited') return (await vault.openOrEmpty(personal)).content
  if (type === 'PromptSent' || type === 'ReplyCompleted' || type === 'ReplyCancelled')
    return (await vault.openOrEmpty(personal)).text
  return undefined
}
