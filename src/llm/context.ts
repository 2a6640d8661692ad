import type { PromptMessage } from './provider.js'
import { loadTokenizer } from './tokens.js'

export interface FittedContext {
  /** Oldest first, the system's before all others. */
  messages: PromptMessage[]
  promptTokens: number
  /** Whether something of the history was left out. */
  truncated: boolean
}

/**
 * As much of a conversation as fits, from its newest message backwards, without a gap. It reads of the history what it
 * takes and one message more. The system's messages and the newest one are always in, even beyond the budget: then
 * the provider says that it is too much. Otherwise no answer comes first: its question would be missing.
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
  const taken: { message: PromptMessage; tokens: number }[] = []
  let promptTokens = countMessages(system)
  let truncated = false
  for await (const message of history) {
    const tokens = countMessage(message)
    truncated = taken.length > 0 && promptTokens + tokens > budgetTokens
    if (truncated) break
    taken.push({ message, tokens })
    promptTokens += tokens
  }
  while (taken.length > 1 && taken.at(-1)!.message.role === 'assistant') {
    promptTokens -= taken.pop()!.tokens
    truncated = true
  }
  return { messages: [...system, ...taken.reverse().map(({ message }) => message)], promptTokens, truncated }
}

/** What a prompt may take of a model's context, so that its answer has room. */
export function promptBudget(contextTokens: number, maxTokens = Math.floor(contextTokens / 4)): number {
  return Math.max(0, contextTokens - maxTokens)
}
