import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { reactor } from '../../event-store/projecting/reactor.js'
import type { UserEvents } from '../../identity/user.js'
import { ProviderError } from '../../llm/provider-error.js'
import { Providers } from '../../llm/providers.js'
import { FileContents } from './file-contents.js'
import type { ProjectEvents } from '../project.js'
import { FileTexts } from './text/file-texts.js'
import { type StoredFile, StoredFiles } from './stored-files.js'

const providerTimeoutMs = 30_000

type Events = ProjectEvents & UserEvents

/**
 * Removes the stored bytes of files that are gone, and the copies at providers. It may run twice, and in two processes
 * at once. It needs no key, so it also works after an erasure. Bytes and copies have one reactor each: while a provider
 * is away, only copies wait.
 *
 * The bytes of a deleted project stay until its erasure, because they are sealed. Its copies are not, and go at once.
 */
@Injectable()
export class FileRemovals implements OnModuleInit {
  private readonly log = new Logger('FileRemovals')

  constructor(
    private readonly engine: Engine,
    private readonly providers: Providers,
    private readonly contents: FileContents,
    private readonly stored: StoredFiles,
    private readonly texts: FileTexts,
  ) {}

  onModuleInit(): void {
    const bytes = (file: StoredFile) => this.removeBytes(file)
    const copy = (file: StoredFile) => this.removeCopy(file)
    this.engine.addReactor(
      reactor<Events>('file-bytes', {
        ProjectFileAdded: ({ data }) => this.stored.confirm(data.contentId),
        ProjectFileRemoved: ({ data: { projectId, fileId } }) => this.each({ projectId, fileId }, bytes),
        ProjectErased: ({ data: { projectId } }) => this.each({ projectId }, bytes),
        UserErased: ({ data }) => this.each({ ownerId: data.userId }, bytes),
      }),
    )
    this.engine.addReactor(
      reactor<Events>('file-copies', {
        ProjectFileAdded: ({ data }) => this.stored.confirm(data.contentId),
        ProjectFileRemoved: ({ data: { projectId, fileId } }) => this.each({ projectId, fileId }, copy),
        ProjectDeleted: ({ data: { projectId } }) => this.each({ projectId }, copy),
        UserErased: ({ data }) => this.each({ ownerId: data.userId }, copy),
      }),
    )
  }

  /** Removes everything that is stored of a file without an event. */
  async discard(file: StoredFile): Promise<void> {
    await this.removeBytes(file)
    await this.removeCopy(file)
  }

  private async each(which: Partial<StoredFile>, remove: (file: StoredFile) => Promise<void>): Promise<void> {
    for (const file of await this.stored.confirmed(which)) await remove(file)
  }

  private async removeBytes({ _id }: StoredFile): Promise<void> {
    await this.texts.remove(_id)
    await this.contents.remove(_id)
    await this.stored.noteBytesGone(_id)
  }

  private async removeCopy({ _id, copy }: StoredFile): Promise<void> {
    if (copy) await this.removeAtProvider(copy.provider, copy.id)
    await this.stored.noteCopyGone(_id)
  }

  /**
   * The reactor tries again after every error but a refusal of the file, even after one that only the operator can
   * mend (a wrong key, a closed account): the copy must be removed.
   */
  private async removeAtProvider(name: string, id: string): Promise<void> {
    const files = this.providers.byName(name)?.files
    if (!files) return this.log.warn(`${name} is not configured any more and keeps the file ${id}: remove it there`)
    try {
      await files.remove(id, AbortSignal.timeout(providerTimeoutMs))
    } catch (error) {
      if (!(error instanceof ProviderError && error.code === 'file_rejected')) throw error
      this.log.warn(`${name} refuses to remove the file ${id}: ${error.message}`)
    }
  }
}
