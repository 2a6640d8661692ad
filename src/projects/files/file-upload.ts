import { Injectable } from '@nestjs/common'
import { EventStoreError, Refused } from '../../event-store/errors.js'
import type { Provider } from '../../llm/provider.js'
import { ProviderError } from '../../llm/provider-error.js'
import { FileContents } from './file-contents.js'
import { FileRemovals } from './file-removals.js'
import type { OwnProject } from '../project.js'
import type { ContentIds } from './file-sealing.js'
import { type Copy, type StoredFile, StoredFiles } from './stored-files.js'

const copiedWithinMs = 120_000

/** What a file is called, and what it is. */
export interface Described {
  filename: string
  type: string
}

/**
 * Brings a file to where it belongs: sealed into GridFS first, then, read back from there, to a provider that keeps
 * files. What fails is removed at once; what a crash leaves, and what nobody can be sure of, the sweep removes.
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
    about: Described,
    provider: Provider,
  ): Promise<StoredFile> {
    const ids = { ...file, contentId: await this.stored.begin(file, new Date()) }
    const begun: StoredFile = { ...file, _id: ids.contentId }
    return await this.orDiscard(begun, async () => {
      await this.contents.store(ids, content)
      const copy = await this.copyAt(provider, ids, about)
      if (copy) begun.copy = copy
      return begun
    })
  }

  /** Does what makes the file good; without it nothing of the file stays. */
  async orDiscard<T>(file: StoredFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isFinal(error)) await this.discard(file)
      throw error
    }
  }

  /** Asked last, before the event. */
  async mustStillBeWanted({ _id }: StoredFile): Promise<void> {
    if (!(await this.stored.renew(_id, new Date())))
      throw new Refused('request_timeout', 'the upload took too long; send the file again')
  }

  async discard(file: StoredFile): Promise<void> {
    await this.removals.discard(file).catch(() => {}) // or the sweep does it
  }

  private async copyAt(provider: Provider, ids: ContentIds, about: Described): Promise<Copy | undefined> {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(tookTooLong(provider)), copiedWithinMs)
    try {
      const sent = await provider.files?.upload(this.contents.read(ids), about, limit.signal)
      if (!sent) return undefined
      const copy = { provider: provider.name, id: sent.id }
      await this.stored.noteCopy(ids.contentId, copy)
      return copy
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Any other error may hide a write that is still on its way, or an event that is in the log after all. */
const isFinal = (error: unknown) =>
  error instanceof Refused ||
  error instanceof ProviderError ||
  (error instanceof EventStoreError && error.kind === 'refused')

const tookTooLong = ({ name }: Provider) =>
  new ProviderError('provider_timeout', `${name} took too long to take the file. Try again.`)
