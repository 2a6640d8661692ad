import { Injectable } from '@nestjs/common'
import { type Collection, Db, type Filter, ObjectId } from 'mongodb'
import type { OwnProject } from '../project.js'

export interface Copy {
  provider: string
  id: string
}

/** Where something of a file lies. Ids only. */
export interface StoredFile extends OwnProject {
  /** Of the content: each try to upload a file has its own. */
  _id: string
  fileId: string
  /** Since when it waits for the event that makes it good. */
  pending?: Date
  /** It has waited too long: it is being removed, and may not become good any more. */
  swept?: true
  /** Its bytes are gone from GridFS. */
  isEmpty?: true
  copy?: Copy
}

/**
 * Nothing of a file lies anywhere, in GridFS or at a provider, without being written down here: before its first byte
 * is stored, until the last one is gone. So whatever a crash leaves can be found and removed, without looking through
 * all there is. What is pending becomes good with its event in the log, and no other way.
 *
 * One thing escapes: a copy that a provider has taken, while we or the line broke before it was written down what it is
 * called there.
 */
@Injectable()
export class StoredFiles {
  private readonly files: Collection<StoredFile>

  constructor(db: Db) {
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
  async begin(file: OwnProject & { fileId: string }, now: Date): Promise<string> {
    const { projectId, ownerId, fileId } = file
    const contentId = new ObjectId().toHexString()
    await this.files.insertOne({ _id: contentId, projectId, ownerId, fileId, pending: now })
    return contentId
  }

  async noteCopy(contentId: string, copy: Copy): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $set: { copy } })
  }

  /** Last of all before the event. False when it took so long that it is being removed. */
  async renew(contentId: string, now: Date): Promise<boolean> {
    const { matchedCount } = await this.files.updateOne(
      { _id: contentId, swept: { $exists: false } },
      { $set: { pending: now } },
    )
    return matchedCount === 1
  }

  /** Its event is in the log. */
  async confirm(contentId: string): Promise<void> {
    await this.files.updateOne({ _id: contentId }, { $unset: { pending: 1 } })
  }

  /** Those whose events are in the log. */
  confirmed(of: Filter<StoredFile>): Promise<StoredFile[]> {
    return this.files.find({ ...of, pending: { $exists: false } }).toArray()
  }

  pendingSince(before: Date): Promise<StoredFile[]> {
    return this.files.find({ pending: { $lt: before } }).toArray()
  }

  /** False when it was confirmed, or its upload has come further, in the meantime. */
  async sweep({ _id, pending }: StoredFile): Promise<boolean> {
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

  /** Whoever removes the last of it forgets it. */
  private async forget(contentId: string): Promise<void> {
    await this.files.deleteOne({ _id: contentId, isEmpty: true, copy: { $exists: false } })
  }
}
