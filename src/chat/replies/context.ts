import type { Engine } from '../../event-store/engine.js'
import type { RecordedEvent } from '../../event-store/event.js'
import type { PromptMessage } from '../../llm/provider.js'
import { chatStream } from '../chats.js'

const roleOf: Readonly<Record<string, PromptMessage['role']>> = {
  PromptSent: 'user',
  ReplyCompleted: 'assistant',
  ReplyCancelled: 'assistant',
}

/**
 * What was said in a chat, newest first. It is read and opened as far as somebody asks for it, so that a long chat
 * costs no more than its end.
 */
export async function* saidIn({ store, vault }: Engine, chatId: string): AsyncGenerator<PromptMessage> {
  for await (const event of store.readStream(chatStream(chatId), { backwards: true })) {
    const role = roleOf[event.type]
    const content = role && (await textOf(vault, event))
    if (role && content) yield { role, content }
  }
}

async function textOf(vault: Engine['vault'], { personal }: RecordedEvent): Promise<string> {
  if (!personal) return ''
  return ((await vault.open(personal)).personal as { text: string }).text
}
