import { APIError, type OpenAI } from 'openai'
import { malformedAnswer } from './provider-failures.js'
import { childAbort } from './abort.js'
import { openAiClient, type OpenAiOptions } from './openai-client.js'
import { openAiFault } from './openai-faults.js'
import { OpenAiFiles } from './openai-files.js'
import { openAiRequest, type OptionalParameter, unsupportedParameter } from './openai-request.js'
import { openAiChunks } from './openai-stream.js'
import { normalizeChunks } from './normalize-chunks.js'
import type { Chunk, CompletionRequest, ModelInfo, Provider, ProviderFiles } from './provider.js'

/** OpenAI, and every server that speaks its language. */
export class OpenAiProvider implements Provider {
  readonly name = 'openai'
  readonly files: ProviderFiles
  private readonly client: OpenAI
  /** What a model did not take and then answered without, so that the next request is right at once. */
  private readonly unsupported = new Map<string, ReadonlySet<OptionalParameter>>()

  constructor(options: OpenAiOptions) {
    this.client = openAiClient(options)
    this.files = new OpenAiFiles(this.client, this.name)
  }

  async models(signal: AbortSignal): Promise<ModelInfo[]> {
    signal.throwIfAborted()
    const { own, release } = childAbort(signal)
    try {
      const body = await this.client.get<{ data?: ListedModel[] } | ListedModel[] | null>('/models', {
        signal: own.signal,
      })
      const listed = Array.isArray(body) ? body : body?.data
      if (!Array.isArray(listed)) throw malformedAnswer(this.name)
      return listed.map(({ id, max_model_len, context_length, context_window }) => ({
        id,
        contextTokens: max_model_len ?? context_length ?? context_window,
      }))
    } catch (error) {
      signal.throwIfAborted()
      throw openAiFault({ provider: this.name }, error)
    } finally {
      release()
    }
  }

  complete(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    const asked = { provider: this.name, model: request.model }
    return normalizeChunks(
      signal,
      (signal) => this.answer(request, signal),
      (error) => openAiFault(asked, error),
    )
  }

  private async *answer(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    yield* openAiChunks(await this.ask(request, signal), this.client, this.name, request.answeredBy)
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
        const parameter = error instanceof APIError ? unsupportedParameter(body, error.status, error.error) : undefined
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
