import { APIError, type OpenAI, toStreamingFile } from 'openai'
import { malformedAnswer } from './provider-failures.js'
import { ChildAbort } from './abort.js'
import { openAiFault } from './openai-client.js'
import type { ProviderFiles } from './provider.js'
import { ProviderError } from './provider-error.js'

/** How a server with OpenAI's API answers when it stores no files. */
const statusesWithoutFiles = new Set<unknown>([404, 405, 501])

/** To follow a redirect, fetch would keep the whole file in memory and send it again. */
const fetchOptions = { redirect: 'error' } as const

/** The refusals that mean, after an upload, that the server does not accept the file. */
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
    const contentErrors: unknown[] = []
    const file = toStreamingFile(recordErrors(content, contentErrors), filename, { type })
    try {
      const { id } = await this.call(signal, (signal) =>
        this.client.files.create({ file, purpose: 'assistants' }, { signal, fetchOptions }),
      )
      if (typeof id !== 'string') throw malformedAnswer(this.provider)
      return { id }
    } catch (error) {
      if (contentErrors.length > 0) throw contentErrors[0]
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
    const child = new ChildAbort(signal)
    try {
      return await call(child.signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      child.release()
    }
  }

  private fileFault(error: unknown): Error {
    const fault = openAiFault({ provider: this.provider }, error)
    if (!(fault instanceof ProviderError) || !fileRejections.has(fault.code)) return fault
    return new ProviderError(
      'file_rejected',
      `${this.provider} does not take this file (${String(statusOf(error))}). Send it in another form.`,
    )
  }
}

const statusOf = (error: unknown): unknown => (error instanceof APIError ? error.status : undefined)

/** Records the errors of the content, which the client would take for errors of the connection. */
async function* recordErrors(content: AsyncIterable<Uint8Array>, errors: unknown[]): AsyncGenerator<Uint8Array> {
  try {
    yield* content
  } catch (error) {
    errors.push(error)
    throw error
  }
}
