import { APIError, type OpenAI, toStreamingFile } from 'openai'
import { malformedAnswer } from './provider-failures.js'
import { childAbort } from './abort.js'
import { openAiFault } from './openai-faults.js'
import type { ProviderFiles } from './provider.js'
import { ProviderError } from './provider-error.js'

/** How a server that speaks OpenAI's language answers when it has models only. */
const statusesWithoutFiles = new Set<unknown>([404, 405, 501])

/** Where a redirect may be followed, fetch keeps all that it has sent, to send it again: the whole file in memory. */
const fetchOptions = { redirect: 'error' } as const

/** What a refusal means when a file was offered. */
const fileRejections = new Set<string>(['provider_rejected', 'unknown_model', 'context_too_long', 'content_filtered'])

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
    const file = toStreamingFile(recordingErrors(content, faults), filename, { type })
    try {
      const { id } = await this.call(signal, (signal) =>
        this.client.files.create({ file, purpose: 'assistants' }, { signal, fetchOptions }),
      )
      if (typeof id !== 'string') throw malformedAnswer(this.provider)
      return { id }
    } catch (error) {
      if (faults.length > 0) throw faults[0]
      if (statusesWithoutFiles.has(statusOf(error))) return undefined
      throw this.fileFault(error)
    }
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.call(signal, (signal) => this.client.files.delete(id, { signal }))
    } catch (error) {
      if (statusOf(error) !== 404) throw this.fileFault(error)
    }
  }

  private async call<T>(signal: AbortSignal, call: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
    signal.throwIfAborted()
    const { own, release } = childAbort(signal)
    try {
      return await call(own.signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      release()
    }
  }

  private fileFault(error: unknown): Error {
    const known = openAiFault({ provider: this.provider }, error)
    if (!(known instanceof ProviderError) || !fileRejections.has(known.code)) return known
    return new ProviderError(
      'file_rejected',
      `${this.provider} does not take this file (${String(statusOf(error))}). Send it in another form.`,
    )
  }
}

const statusOf = (error: unknown): unknown => (error instanceof APIError ? error.status : undefined)

/** The client would take a fault of the content for one of the connection. */
async function* recordingErrors(content: AsyncIterable<Uint8Array>, faults: unknown[]): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    faults.push(error)
    throw error
  }
}
