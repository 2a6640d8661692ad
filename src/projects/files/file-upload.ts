import { Injectable, Logger } from '@nestjs/common'
import { EventStoreError, isErased, Refused } from '../../event-store/errors.js'
import type { Provider } from '../../llm/provider.js'
import { ProviderError } from '../../llm/provider-error.js'
import { FileContents } from './file-contents.js'
import { FileRemovals } from './file-removals.js'
import { noSuchProject, type OwnProject, type ProviderCopy } from '../project.js'
import type { ContentIds } from './file-sealing.js'
import { type StoredFile, StoredFiles } from './stored-files.js'
import { FileTexts } from './text/file-texts.js'
import { TextExtraction } from './text/text-extraction.js'

/** Time for a provider to take a copy. */
const copyTimeoutMs = 30_000

export interface FileDescription {
  filename: string
  type: string
}

export interface UploadedFile extends StoredFile {
  /** Of the text that was read from it, in UTF-16 units; undefined when there is none. */
  textLength?: number
}

/**
 * Stores a file sealed in GridFS, and the text in it; then reads it from there and sends it to the provider, if that
 * keeps files. A provider that refuses it or is away gets no copy, and the file is stored all the same: models are given
 * its text by us. After a failure everything is removed at once. What a crash leaves, and what may or may not have
 * failed, the sweep removes.
 */
@Injectable()
export class FileUpload {
  private readonly log = new Logger('FileUpload')

  constructor(
    private readonly contents: FileContents,
    private readonly stored: StoredFiles,
    private readonly removals: FileRemovals,
    private readonly texts: FileTexts,
    private readonly extraction: TextExtraction,
  ) {}

  async upload(
    file: OwnProject & { fileId: string },
    content: AsyncIterable<Uint8Array>,
    description: FileDescription,
    provider: Provider | undefined,
  ): Promise<UploadedFile> {
    const ids = { ...file, contentId: await this.stored.begin(file) }
    const stored: StoredFile = { ...file, _id: ids.contentId }
    return await this.discardOnFailure(stored, async () => {
      await this.contents.store(ids, content)
      const text = await this.extraction.textOf(description.type, () => this.contents.read(ids))
      if (text !== undefined) await this.texts.store(ids, text)
      const copy = provider && (await this.copyToProvider(provider, ids, description))
      if (copy) stored.copy = copy
      return { ...stored, ...(text !== undefined && { textLength: text.length }) }
    })
  }

  /** Does work that the file depends on. If it fails for sure, nothing of the file stays. */
  async discardOnFailure<T>(file: StoredFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isFinal(error)) await this.discard(file)
      throw isErased(error) ? noSuchProject() : error // for its owner, an erased project never was
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
      if (!deadline.aborted && !(error instanceof ProviderError)) throw error
      const why = error instanceof ProviderError ? error.message : 'it took too long'
      this.log.warn(`${name} has no copy of the file ${ids.fileId}: ${why}`)
      return undefined
    }
  }
}

/** Other errors may hide a write that still arrives, or an event that is in the log after all. */
const isFinal = (error: unknown) =>
  error instanceof Refused || (error instanceof EventStoreError && error.kind === 'refused')
