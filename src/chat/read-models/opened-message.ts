import type { Engine } from '../../event-store/engine.js'
import type { MessageContent } from '../message.js'
import type { MessageDoc } from './messages.js'

/** A message, opened for somebody entitled. */
export type OpenedMessage = Omit<MessageDoc, '_id' | 'seq' | 'text' | 'attempt' | 'error'> &
  MessageContent & {
    id: string
    error?: { code: string; detail: string }
  }

export async function openMessage({ vault }: Engine, doc: MessageDoc): Promise<OpenedMessage> {
  const { _id: id, seq: _, text, attempt: __, error, ...open } = withoutMarks(doc)
  const failure = error && { code: error.code, detail: (await vault.openOrEmpty(error.detail)).detail ?? '' }
  const { text: content = '', ...written } = await vault.openOrEmpty(text)
  return { id, ...open, content, ...written, ...(failure && { error: failure }) }
}

function withoutMarks(doc: MessageDoc): MessageDoc {
  const { _position: _, ...rest } = doc as MessageDoc & { _position?: number }
  return rest
}
