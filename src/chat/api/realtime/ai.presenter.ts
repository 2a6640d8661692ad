import type { ReplyOutcome } from '../../replies/ending/reply-outcome.js'
import type { AskedDto } from './ai.dto.js'

interface Asked {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
  readonly outcome?: ReplyOutcome | undefined
}

export function asAsked({ chatId, promptId, replyId: id, outcome }: Asked): AskedDto {
  const place = { id, chatId, role: 'assistant', promptId }
  if (!outcome) return { ...place, content: '', status: 'pending', tokens: null }
  const { text: content, status, usage, cached, error } = outcome
  const rest = { ...(cached && { cached }), ...(error && { error }) }
  return { ...place, content, status, tokens: usage.totalTokens, usage, ...rest }
}
