import type { Engine } from '../../../event-store/engine.js'
import { type RecordedReplyEnding, replyEndings, type ReplyEndingStatus } from '../../chat.js'
import type { MessageDoc } from '../../read-models/messages.js'

export interface ReplyUsage {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly totalTokens: number
}

const nothing: ReplyUsage = { promptTokens: 0, completionTokens: 0, totalTokens: 0 }

/** How a reply ended. */
export interface ReplyOutcome {
  readonly status: ReplyEndingStatus
  readonly text: string
  readonly usage: ReplyUsage
  /** It was given to the same question before, and has cost nothing now. */
  readonly cached: boolean
  /** Whose words these are; none when nothing was written. */
  readonly attempt?: string
  readonly error?: { code: string; detail: string }
  /** Where the log tells it; 0 when it was found in the read model. */
  readonly position: number
}

export async function outcomeFromEvent({ vault }: Engine, event: RecordedReplyEnding): Promise<ReplyOutcome> {
  const { position } = event
  const status = replyEndings[event.type]
  if (event.type === 'ReplyFailed') {
    const { code } = event.data
    const { detail = '' } = await vault.openOrEmpty(event.personal)
    return {
      status,
      text: '',
      usage: nothing,
      cached: false,
      error: { code, detail },
      position,
    }
  }
  const { attempt, tokens } = event.data
  const usage = { promptTokens: tokens.prompt, completionTokens: tokens.completion, totalTokens: tokens.total }
  const cached = event.type === 'ReplyCompleted' && event.data.cached === true
  const { text = '' } = await vault.openOrEmpty(event.personal)
  return { status, text, usage, cached, attempt, position }
}

/** The same from the read model, for a reply that ended long ago; undefined while it is open. */
export async function outcomeFromReadModel({ vault }: Engine, doc: MessageDoc): Promise<ReplyOutcome | undefined> {
  const { status, tokens, promptTokens = 0, completionTokens = 0, attempt, error, updatedAt, cached = false } = doc
  if (status === 'pending') return undefined
  const usage = { promptTokens, completionTokens, totalTokens: tokens ?? 0 }
  const { content = '', text = content } = await vault.openOrEmpty(doc.text)
  const written = {
    text,
    usage,
    cached,
    attempt: updatedAt ? editedAt(updatedAt) : attempt,
  }
  const { detail = '' } = await vault.openOrEmpty(error?.detail)
  const failure = error && { error: { code: error.code, detail } }
  return { status, ...written, ...failure, position: 0 }
}

/** Words that somebody changed since are another attempt's: whoever has read the former ones begins again. */
const editedAt = (at: Date) => `edited-${at.getTime()}`
