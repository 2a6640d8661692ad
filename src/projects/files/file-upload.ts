import { Injectable } from '@nestjs/common'
import { EventStoreError, Refused } from '../../event-store/errors.js'
import type { Provider } from '../../llm/provider.js'
import { ProviderError } from '../../llm/provider-error.js'
import { FileContents } from './file-contents.js'
import { FileRemovals } from './file-removals.js'
import type { OwnProject, ProviderCopy } from '../project.js'
import type { ContentIds } from './file-sealing.js'
import { type StoredFile, StoredFiles } from './stored-files.js'

/** Time for a provider to take a copy. */
const copyTimeoutMs = 120_000

export interface FileDescription {
  filename: string
  type: string
}

/**
 * Stores a file sealed in GridFS; then reads it from there and sends it to the provider, if that keeps files. After a
 * failure everything is removed at once. What a crash leaves, and what may or may not have failed, the sweep removes.
 */
@Injectable()
export class FileUpload {
  constructor(
    private readonly contents: FileContents,
    private readonly stored: StoredFiles,
    private readonly removals: FileRemovals,
  ) {}

  async upload(
    file: OwnProject & { fileId: string },
    content: AsyncIterable<Uint8Array>,
    description: FileDescription,
    provider: Provider,
  ): Promise<StoredFile> {
    const ids = { ...file, contentId: await this.stored.begin(file) }
    const stored: StoredFile = { ...file, _id: ids.contentId }
    return await this.discardOnFailure(stored, async () => {
      await this.contents.store(ids, content)
      const copy = await this.copyToProvider(provider, ids, description)
      if (copy) stored.copy = copy
      return stored
    })
  }

  /** Does work that the file depends on. If it fails for sure, nothing of the file stays. */
  async discardOnFailure<T>(file: StoredFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isFinal(error)) await this.discard(file)
      throw error
    }
  }

  /** MUST be called right before the event is appended. */
  async mustNotBeSwept({ _id }: StoredFile): Promise<void> {
    if (!(await this.stored.renew(_id)))
      throw new Refused('request_timeout', 'the upload took too long; send the file again')
  }

  async discard(file: StoredFile): Promise<void> {
    await this.removals.discard(file).catch(() => {}) // or the sweep does it
  }

  private async copyToProvider(
    provider: Provider,
    ids: ContentIds,
    description: FileDescription,
  ): Promise<ProviderCopy | undefined> {
    const sent = await this.send(provider, ids, description)
    // A crash at this point leaves a copy at the provider that nothing here knows of.
    if (!sent) return undefined
    const copy = { provider: provider.name, id: sent.id }
    await this.stored.noteCopy(ids.contentId, copy)
    return copy
  }

  private async send({ name, files }: Provider, ids: ContentIds, description: FileDescription) {
    const deadline = AbortSignal.timeout(copyTimeoutMs)
    try {
      return await files?.upload(this.contents.read(ids), description, deadline)
    } catch (error) {
      if (!deadline.aborted) throw error
      throw new ProviderError('provider_timeout', `${name} took too long to take the file. Try again.`)
    }
  }
}

/** Other errors may hide a write that still arrives, or an event that is in the log after all. */
const isFinal = (error: unknown) =>
  error instanceof Refused ||
  error instanceof ProviderError ||
  (error instanceof EventStoreError && error.kind === 'refused')
