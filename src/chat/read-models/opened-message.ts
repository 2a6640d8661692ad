import type { Engine } from '../../event-store/engine.js'
import type { MessageContent } from '../message.js'
import type { MessageDoc } from './messages.js'

/** A message with its personal data opened, for those who may read it. */
export type OpenedMessage = Omit<
  MessageDoc,
  '_id' | 'seq' | 'text' | 'attempt' | 'finish' | 'error' | 'feedbackComment'
> &
  MessageContent & {
    id: string
    error?: { code: string; detail: string }
    feedbackComment?: string
  }

export async function openMessage({ vault }: Engine, doc: MessageDoc): Promise<OpenedMessage> {
  const { _id: id, seq: _, text, attempt: __, finish: ___, error, feedbackComment, ...others } = withoutPosition(doc)
  const failure = error && { code: error.code, detail: (await vault.openOrEmpty(error.detail)).detail ?? '' }
  const { text: content = '', options: ____, ...stored } = await vault.openOrEmpty(text)
  const comment = feedbackComment && (await vault.openOrEmpty(feedbackComment)).comment
  return {
    id,
    ...others,
    content,
    ...stored,
    ...(failure && { error: failure }),
    ...(comment && { feedbackComment: comment }),
  }
}

/** Lean documents have the engine's own field, too. */
function withoutPosition(doc: MessageDoc): MessageDoc {
  const { _position: _, ...rest } = doc as MessageDoc & { _position?: number }
  return rest
}
