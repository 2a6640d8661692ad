import type { StoredReply } from '../../replies/ending/replies.js'
import type { AnsweredPrompt } from '../prompts.js'
import type { AnswerDto, PendingDto, ReplyDto } from './replies.dto.js'

export function asAnswer({ promptId, replyId: messageId, outcome }: AnsweredPrompt): AnswerDto | PendingDto {
  if (!outcome) return { promptId, messageId, status: 'pending' }
  const { status, text, usage, cached } = outcome
  return { text, tokens: usage.totalTokens, usage, messageId, promptId, status, ...(cached && { cached }) }
}

export function asReply({ replyId: messageId, promptId, outcome }: StoredReply): ReplyDto {
  if (!outcome) return { messageId, promptId, status: 'pending' }
  const { status, text, usage, error } = outcome
  return error
    ? { messageId, promptId, status, error }
    : { messageId, promptId, status, text, tokens: usage.totalTokens }
}
