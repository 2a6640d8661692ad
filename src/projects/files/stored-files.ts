import { Injectable } from '@nestjs/common'
import { type Collection, Db, type Filter, ObjectId } from 'mongodb'
import { Engine } from '../../event-store/engine.js'
import type { OwnProject, ProviderCopy } from '../project.js'

/** The places where bytes of a file are stored. Ids only. */
export interface StoredFile extends OwnProject {
  /** The content's id. Each attempt to upload a file has its own. */
  _id: string
  fileId: string
  /** Since when it waits for its event. It has none until the event is in the log. */
  pending?: Date
  /** It has waited too long and is being removed: its event must not be appended any more. */
  swept?: true
  /** Its bytes are gone from GridFS. */
  isEmpty?: true
  copy?: ProviderCopy
}

/**
 * A document here exists from before the first byte of a file is stored, in GridFS or at a provider, until the last one
 * is removed. So all that a crash leaves can be found and removed without a search through everything. A file is
 * pending until its event is in the log; nothing else ends that.
 *
 * There is one gap: a provider has taken a copy, and this process or the connection broke before the copy's id was
 * recorded here.
 */
@Injectable()
export class StoredFiles {
  private readonly files: Collection<StoredFile>

  constructor(
    db: Db,
    private readonly engine: Engine,
  ) {
    this.files = db.collection('stored_files')
  }

  async prepare(): Promise<void> {
    await this.files.createIndexes([
      { key: { projectId: 1 } },
      { key: { ownerId: 1 } },
      { key: { pending: 1 }, sparse: true },
    ])
  }

  /** A new content, about to be stored. */
  async begin(file: OwnProject & { fileId: string }): Promise<string> {
    const { projectId, ownerId, fileId } = file
    const contentId = new ObjectId().toHexString()
    await this.files.insertOne({ _id: contentId, projectId, ownerId, fileId, pending: this.engine.clock.now() })
    return contentId
  }

  async noteCopy(contentId: string, copy: ProviderCopy): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $set: { copy } })
  }

  /** The last step before the event. False if the upload took so long that the sweep is removing it. */
  async renew(contentId: string): Promise<boolean> {
    const { matchedCount } = await this.files.updateOne(
      { _id: contentId, swept: { $exists: false } },
      { $set: { pending: this.engine.clock.now() } },
    )
    return matchedCount === 1
  }

  /** MUST be called only when its event is in the log. */
  async confirm(contentId: string): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $unset: { pending: 1 } })
  }

  /** Files whose events are in the log. */
  confirmed(filter: Filter<StoredFile>): Promise<StoredFile[]> {
    return this.files.find({ ...filter, pending: { $exists: false } }).toArray()
  }

  pendingSince(before: Date): Promise<StoredFile[]> {
    return this.files.find({ pending: { $lt: before } }).toArray()
  }

  /** False if it was confirmed or renewed in the meantime. */
  async markSwept({ _id, pending }: StoredFile): Promise<boolean> {
    const { matchedCount } = await this.files.updateOne({ _id, pending }, { $set: { swept: true } })
    return matchedCount === 1
  }

  async noteBytesGone(contentId: string): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $set: { isEmpty: true } })
    await this.forget(contentId)
  }

  async noteCopyGone(contentId: string): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $unset: { copy: 1 } })
    await this.forget(contentId)
  }

  /** Deletes the document when neither bytes nor a copy are left. */
  private async forget(contentId: string): Promise<void> {
    await this.files.deleteOne({ _id: contentId, isEmpty: true, copy: { $exists: false } })
  }
}
