import { APIError, type OpenAI, toStreamingFile } from 'openai'
import { malformedAnswer } from './provider-failures.js'
import { linkedAbort } from './linked-abort.js'
import { explained } from './openai-faults.js'
import type { ProviderFiles } from './provider.js'
import { ProviderError } from './provider-error.js'

/** How a server that speaks OpenAI's language answers when it has models only. */
const keepsNone = new Set<unknown>([404, 405, 501])

/** Where a redirect may be followed, fetch keeps all that it has sent, to send it again: the whole file in memory. */
const fetchOptions = { redirect: 'error' } as const

/** What a refusal means when a file was offered. */
const rejections = new Set<string>(['provider_rejected', 'unknown_model', 'context_too_long', 'content_filtered'])

export class OpenAiFiles implements ProviderFiles {
  constructor(
    private readonly client: OpenAI,
    private readonly provider: string,
  ) {}

  async upload(
    content: AsyncIterable<Uint8Array>,
    { filename, type }: { filename: string; type: string },
    signal: AbortSignal,
  ): Promise<{ id: string } | undefined> {
    const faults: unknown[] = []
    const file = toStreamingFile(noting(content, faults), filename, { type })
    try {
      const { id } = await this.calling(signal, (signal) =>
        this.client.files.create({ file, purpose: 'assistants' }, { signal, fetchOptions }),
      )
      if (typeof id !== 'string') throw malformedAnswer(this.provider)
      return { id }
    } catch (error) {
      if (faults.length > 0) throw faults[0]
      if (keepsNone.has(statusOf(error))) return undefined
      throw this.explained(error)
    }
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.calling(signal, (signal) => this.client.files.delete(id, { signal }))
    } catch (error) {
      if (statusOf(error) !== 404) throw this.explained(error)
    }
  }

  private async calling<T>(signal: AbortSignal, call: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
    signal.throwIfAborted()
    const { own, release } = linkedAbort(signal)
    try {
      return await call(own.signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      release()
    }
  }

  private explained(error: unknown): Error {
    const known = explained({ provider: this.provider }, error)
    if (!(known instanceof ProviderError) || !rejections.has(known.code)) return known
    return new ProviderError(
      'file_rejected',
      `${this.provider} does not take this file (${String(statusOf(error))}). Send it in another form.`,
    )
  }
}

const statusOf = (error: unknown): unknown => (error instanceof APIError ? error.status : undefined)

/** The client would take a fault of the content for one of the connection. */
async function* noting(content: AsyncIterable<Uint8Array>, faults: unknown[]): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    faults.push(error)
    throw error
  }
}
