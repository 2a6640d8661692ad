import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Engine } from '../../event-store/engine.js'
import { isErased } from '../../event-store/errors.js'
import { chatAggregate, type ChatEvents, type ChatState } from '../../chat/chat.js'
import type { ModelSettings } from '../../chat/message.js'
import { type ChatDoc, chats } from '../../chat/read-models/chats.js'
import { type MessageDoc, messages } from '../../chat/read-models/messages.js'
import { type ChatSummary, summaryOf } from '../../chat/read-models/chat-summary.js'
import { type Message, messageOf } from '../../chat/read-models/message.js'
import { definedFields } from '../../commands/defined-fields.js'
import { replay } from './replay.js'

type ChatEvent = RecordedEventOf<ChatEvents>

/** What the newest prompt asked for. */
export interface LatestSettings extends ModelSettings {
  model: string
  projectId?: string
}

/** A chat as some of its events have left it, still sealed. */
export interface ChatAt {
  state: ChatState
  doc: ChatDoc
  /** In their order. */
  messages: MessageDoc[]
  settings?: LatestSettings
}

/**
 * By the code of the read models, so it is what their readers saw. Only that the chat was deleted hides nothing here:
 * its state says so.
 */
export function chatAt(events: readonly ChatEvent[]): ChatAt {
  const shown = events.filter(({ type }) => type !== 'ChatDeleted')
  const [doc] = replay<ChatDoc>(chats, shown)
  if (!doc) throw new Error('a chat begins with something else than its beginning')
  const prompt = events.findLast((event) => event.type === 'PromptSent')
  const { model, settings, projectId } = prompt?.data ?? {}
  return {
    state: events.reduce((state, event) => chatAggregate.evolve(state, event), chatAggregate.initial),
    doc,
    messages: replay<MessageDoc>(messages, shown).sort((a, b) => a.seq - b.seq),
    ...(model !== undefined && { settings: { model, ...settings, ...definedFields({ projectId }) } }),
  }
}

/** A message with the size of its envelope; after erasure that, its place and its times are all that is left. */
export interface MessageAt {
  message: Message
  position: number
  size: number
}

export interface OpenedChat {
  isErased: boolean
  chat: ChatSummary
  messages: MessageAt[]
}

/** Opened, or what is left when the key is gone. */
export async function openedChat(engine: Engine, doc: ChatDoc, some: readonly MessageDoc[]): Promise<OpenedChat> {
  try {
    return { isErased: false, ...(await opened(engine, doc, some)) }
  } catch (error) {
    if (!isErased(error)) throw error
    const { name: _, tags: __, metadata: ___, ...left } = doc
    const { chat, messages: empty } = await opened(engine, left, some.map(withoutWords))
    return { isErased: true, chat, messages: empty.map((one, i) => ({ ...one, size: sizeOf(some[i]!) })) }
  }
}

async function opened(engine: Engine, doc: ChatDoc, some: readonly MessageDoc[]) {
  const each = async (message: MessageDoc) => ({
    message: await messageOf(engine, message),
    position: Math.floor(message.seq / 2),
    size: sizeOf(message),
  })
  const [chat, ...all] = await Promise.all([summaryOf(engine, doc), ...some.map(each)] as const)
  return { chat, messages: all }
}

const sizeOf = ({ text, error }: MessageDoc): number => (text ?? error?.detail)?.length() ?? 0

function withoutWords(message: MessageDoc): MessageDoc {
  const { text: _, error, ...left } = message
  return { ...left, ...(error && { error: { code: error.code } }) }
}
