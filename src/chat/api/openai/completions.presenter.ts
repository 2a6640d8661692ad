import type { ReplyFinish } from '../../message.js'
import type { ReplyOutcome, ReplyUsage } from '../../replies/ending/reply-outcome.js'
import type { Completion, CompletionUsage, FinishReason } from './completions.dto.js'

/** What every part of one answer says of itself. */
export interface CompletionHead {
  readonly id: string
  readonly created: number
  readonly model: string
}

export const completionHead = ({ replyId, model }: { replyId: string; model: string }): CompletionHead => ({
  id: `chatcmpl-${replyId}`,
  created: Math.floor(Date.now() / 1000),
  model,
})

export function asCompletion(head: CompletionHead, outcome: ReplyOutcome): Completion {
  const { text, usage, finish, toolCalls, model = head.model } = outcome
  const content = toolCalls && text === '' ? null : text
  const calls = toolCalls && { tool_calls: [...toolCalls] }
  const message = { role: 'assistant', content, refusal: null, ...calls } as const
  return {
    ...head,
    model,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasonOf(finish) }],
    usage: asCompletionUsage(usage),
  }
}

/** An answer that was cancelled has none of its own. */
export const finishReasonOf = (finish: ReplyFinish = 'stop'): FinishReason =>
  finish === 'filtered' ? 'content_filter' : finish === 'tools' ? 'tool_calls' : finish

export const asCompletionUsage = ({ promptTokens, completionTokens, totalTokens }: ReplyUsage): CompletionUsage => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: totalTokens,
})
