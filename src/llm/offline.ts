import { setTimeout as pause } from 'node:timers/promises'
import { normalizeChunks } from './normalize-chunks.js'
import { quotedName } from './provider-failures.js'
import type { Chunk, CompletionRequest, ModelInfo, PromptMessage, Provider } from './provider.js'
import { ProviderError } from './provider-error.js'
import { loadTokenizer } from './tokens.js'

/** Answers when no model is configured. It is no model, but everything around a model can be tried with it. */
export class OfflineProvider implements Provider {
  readonly name = 'offline'

  constructor(private readonly options: { delayMs?: number } = {}) {}

  async models(signal: AbortSignal): Promise<ModelInfo[]> {
    signal.throwIfAborted()
    return [{ id: 'echo' }]
  }

  complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    return normalizeChunks(
      signal,
      (signal) => this.answer(request, signal),
      (error) => error as Error,
    )
  }

  private async *answer(
    { model, messages, maxTokens = Infinity, stop = [], answeredBy }: CompletionRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Chunk, void, undefined> {
    if (model !== 'echo')
      throw new ProviderError('unknown_model', `offline has one model, echo, and not ${quotedName(model)}.`)
    answeredBy?.(model)
    const { countTokens, countMessages } = await loadTokenizer()
    const usage = { promptTokens: countMessages(messages), completionTokens: 0 }
    for (const text of upTo(stop, answerTo(messages)).match(/\s*\S+/g) ?? []) {
      const tokens = countTokens(text)
      if (usage.completionTokens + tokens > maxTokens) {
        yield { usage }
        yield { finish: 'length' }
        return
      }
      if (this.options.delayMs) await pause(this.options.delayMs, undefined, { signal })
      usage.completionTokens += tokens
      yield { text }
    }
    yield { usage }
    yield { finish: 'stop' }
  }
}

function upTo(stop: readonly string[], answer: string): string {
  const places = stop.map((text) => answer.indexOf(text)).filter((place) => place >= 0)
  return answer.slice(0, Math.min(answer.length, ...places))
}

function answerTo(messages: readonly PromptMessage[]): string {
  const conversation = messages.filter(({ role }) => role !== 'system')
  const question = conversation.findLast(({ role }) => role === 'user')
  const earlier = conversation.length - (question ? 1 : 0)
  return [
    question ? `You said: “${startOf(question.content)}”.` : 'You have said nothing yet.',
    memoryOf(earlier),
    'I am the offline model: I repeat, and understand nothing.',
    'For real answers set OPENAI_API_KEY or OLLAMA_API_URL in .env (see .env.example) and start the service again.',
  ].join(' ')
}

function memoryOf(earlier: number): string {
  if (earlier === 0) return 'This is where our conversation begins.'
  return `I was given ${earlier} earlier ${earlier === 1 ? 'message' : 'messages'} of our conversation.`
}

function startOf(text: string): string {
  const characters = Array.from(text.slice(0, 400).toWellFormed().replace(/\s+/g, ' ').trim())
  return characters.length > 100 ? `${characters.slice(0, 100).join('')}…` : characters.join('')
}
