import type { ReplyOutcome } from '../../replies/ending/reply-outcome.js'
import type { StoredReply } from '../../replies/ending/replies.js'
import type { AnswerDto, ReplyDto } from './replies.dto.js'

export const asAnswer = (
  { promptId, replyId: messageId }: { promptId: string; replyId: string },
  { status, text, usage, cached }: ReplyOutcome,
): AnswerDto => ({
  text,
  tokens: usage.totalTokens,
  usage,
  messageId,
  promptId,
  status,
  ...(cached && { cached }),
})

export function asReply({ doc: { _id: messageId, promptId = '', status }, outcome }: StoredReply): ReplyDto {
  if (!outcome) return { messageId, promptId, status }
  const { text, usage, error } = outcome
  return error
    ? { messageId, promptId, status, error }
    : { messageId, promptId, status, text, tokens: usage.totalTokens }
}
