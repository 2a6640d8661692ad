import { APIConnectionError, APIConnectionTimeoutError, APIError, type OpenAI } from 'openai'
import { type Asked, connectionError, malformedAnswer, refusalError, tookTooLong, unreachable } from './failures.js'
import { linked } from './linked.js'
import { openAiClient, type OpenAiOptions } from './openai-client.js'
import { openAiRequest, type Optional, unsupported } from './openai-request.js'
import { openAiChunks } from './openai-stream.js'
import { promised } from './promised.js'
import type { Chunk, CompletionRequest, ModelInfo, Provider } from './provider.js'

/** OpenAI, and every server that speaks its language. */
export class OpenAiProvider implements Provider {
  readonly name = 'openai'
  private readonly client: OpenAI
  /** What a model did not take and then answered without, so that the next request is right at once. */
  private readonly unsupported = new Map<string, ReadonlySet<Optional>>()

  constructor(options: OpenAiOptions) {
    this.client = openAiClient(options)
  }

  async models(signal: AbortSignal): Promise<ModelInfo[]> {
    signal.throwIfAborted()
    const { own, release } = linked(signal)
    try {
      const body = await this.client.get<{ data?: ListedModel[] } | ListedModel[] | null>('/models', { signal: own.signal })
      const listed = Array.isArray(body) ? body : body?.data
      if (!Array.isArray(listed)) throw malformedAnswer(this.name)
      return listed.map(({ id, max_model_len, context_length, context_window }) => ({
        id,
        contextTokens: max_model_len ?? context_length ?? context_window,
      }))
    } catch (error) {
      signal.throwIfAborted()
      throw explained({ provider: this.name }, error)
    } finally {
      release()
    }
  }

  complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    const asked = { provider: this.name, model: request.model }
    return promised(signal, (signal) => this.answer(request, signal), (error) => explained(asked, error))
  }

  private async *answer(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    yield* openAiChunks(await this.ask(request, signal), this.client, this.name)
  }

  /** Asks again, at once, without a parameter that is refused; each only once. */
  private async ask(request: CompletionRequest, signal: AbortSignal): Promise<Response> {
    const leftOut = new Set(this.unsupported.get(request.model))
    for (;;) {
      const body = openAiRequest(request, leftOut)
      try {
        const response = await this.client.chat.completions.create(body, { signal }).asResponse()
        if (leftOut.size > 0) this.unsupported.set(request.model, leftOut)
        return response
      } catch (error) {
        const parameter = error instanceof APIError ? unsupported(body, error.status, error.error) : undefined
        if (!parameter) throw error
        leftOut.add(parameter)
      }
    }
  }
}

/** vLLM, OpenRouter and Groq tell a model's context, each by a name of its own. */
interface ListedModel {
  id: string
  max_model_len?: number
  context_length?: number
  context_window?: number
}

function explained(asked: Asked, error: unknown): Error {
  if (error instanceof APIConnectionTimeoutError) return tookTooLong(asked.provider)
  if (error instanceof APIConnectionError) return unreachable(asked.provider, error)
  if (!(error instanceof APIError)) return connectionError(asked, error)
  const body: unknown = error.error
  // Without a status it came in the middle of an answer; some servers put a number there.
  const { status = numeric((body as { code?: unknown } | undefined)?.code), headers } = error as { status?: number; headers?: Headers }
  return refusalError(asked, { status, headers, body })
}

const numeric = (code: unknown) => (Number(code) >= 400 && Number(code) < 600 ? Number(code) : undefined)
