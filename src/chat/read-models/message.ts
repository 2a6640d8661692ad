import type { Engine } from '../../event-store/engine.js'
import type { Envelope } from '../../event-store/event.js'
import type { MessageContent } from '../chat.events.js'
import type { MessageDoc } from './messages.js'

/** A message, opened for somebody entitled. */
export type Message = Omit<MessageDoc, '_id' | 'seq' | 'text' | 'attempt' | 'error'> &
  MessageContent & {
    id: string
    error?: { code: string; detail: string }
  }

export async function messageOf(engine: Engine, doc: MessageDoc): Promise<Message> {
  const { _id: id, seq: _, text, attempt: __, error, ...open } = withoutMarks(doc)
  const failure = error && { code: error.code, detail: (await words(engine, error.detail)).detail ?? '' }
  const { text: content = '', ...written } = await words(engine, text)
  return { id, ...open, content, ...written, ...(failure && { error: failure }) }
}

/** A prompt and a reply have a text; a message that was stored has a content, and more. */
type Words = Partial<MessageContent> & { text?: string; detail?: string }

async function words({ vault }: Engine, envelope: Envelope | undefined): Promise<Words> {
  return envelope ? ((await vault.open(envelope)).personal as Words) : {}
}

function withoutMarks(doc: MessageDoc): MessageDoc {
  const { _position: _, ...rest } = doc as MessageDoc & { _position?: number }
  return rest
}
