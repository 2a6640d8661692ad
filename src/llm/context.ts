import type { PromptMessage } from './provider.js'
import { loadTokenizer } from './tokens.js'

export interface FittedContext {
  /** Oldest first, after the messages of the system. */
  messages: PromptMessage[]
  promptTokens: number
  /** Whether a part of the history was left out. */
  truncated: boolean
}

/**
 * Takes as much of a conversation as fits, from its newest message backwards, without a gap. Of the history it reads
 * the messages that it takes and one more. The messages of the system and the newest message are always taken, even
 * beyond the budget: then the provider refuses the request. Apart from that an answer never comes first: its question
 * would be missing.
 */
export async function fitContext({
  system,
  history,
  budgetTokens,
}: {
  system: readonly PromptMessage[]
  /** Newest first. */
  history: AsyncIterable<PromptMessage>
  budgetTokens: number
}): Promise<FittedContext> {
  const { countMessage, countMessages } = await loadTokenizer()
  const fitting: { message: PromptMessage; tokens: number }[] = []
  let promptTokens = countMessages(system)
  let truncated = false
  for await (const message of history) {
    const tokens = countMessage(message)
    truncated = fitting.length > 0 && promptTokens + tokens > budgetTokens
    if (truncated) break
    fitting.push({ message, tokens })
    promptTokens += tokens
  }
  while (fitting.length > 1 && fitting.at(-1)!.message.role === 'assistant') {
    promptTokens -= fitting.pop()!.tokens
    truncated = true
  }
  return { messages: [...system, ...fitting.reverse().map(({ message }) => message)], promptTokens, truncated }
}

/** How much of a model's context a prompt may fill, so that there is room for the answer. */
export function promptBudget(contextTokens: number, maxTokens = Math.floor(contextTokens / 4)): number {
  return Math.max(0, contextTokens - maxTokens)
}
