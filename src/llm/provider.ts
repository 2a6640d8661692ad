export interface PromptMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
  /** Who of several speaks in this role. */
  name?: string
}

export interface CompletionRequest {
  /** Bare, without the provider's name before it. */
  model: string
  messages: readonly PromptMessage[]
  temperature?: number
  /** Of the answer. */
  maxTokens?: number
  /** Is told which model answers, by the name that the server has for it, where it tells. */
  answeredBy?: (model: string) => void
}

export interface Usage {
  promptTokens: number
  completionTokens: number
}

/** `length`: maxTokens or the context is used up. `filtered`: the model or a filter has declined to say (more). */
export type Finish = 'stop' | 'length' | 'filtered'

/** `alive`: the model is at work and has nothing to show yet; it may be thinking. */
export type Chunk = { text: string } | { alive: true } | { usage: Usage } | { finish: Finish }

export interface ModelInfo {
  /** Bare. */
  id: string
  /** Where the provider tells. */
  contextTokens?: number
}

/**
 * A provider's own store of files. Faults are `ProviderError`s; an aborted signal ends the request and throws its
 * reason; what the content itself throws comes out as it is.
 */
export interface ProviderFiles {
  /** Sends the content as it comes, never whole in memory. Undefined when this server keeps no files. */
  upload(
    content: AsyncIterable<Uint8Array>,
    about: { filename: string; type: string },
    signal: AbortSignal,
  ): Promise<{ id: string } | undefined>
  /** A file that is not there any more is as good as removed. */
  remove(id: string, signal: AbortSignal): Promise<void>
}

/**
 * Where answers come from. What every provider promises, whatever its server sends:
 *
 * - The `text` chunks, put together, are the answer. Each is well-formed and ends no surrogate pair halfway, so it can
 *   be sent, stored and counted by itself.
 * - An answer is complete exactly when its last chunk is `finish`. There is at most one `usage`, before it; a server
 *   that doesn't count sends none, and then the reader counts.
 * - Everything that goes wrong with the provider is a `ProviderError`. Nothing is tried again in here; who may try
 *   again sees it from the error.
 * - An aborted signal ends the request and the iteration, which throws the signal's reason. A reader that leaves early
 *   ends the request, too.
 */
export interface Provider {
  readonly name: string
  readonly files?: ProviderFiles
  models(signal: AbortSignal): Promise<ModelInfo[]>
  complete(request: CompletionRequest, signal: AbortSignal): AsyncIterable<Chunk>
}
