import { Injectable } from '@nestjs/common'
import { Binary, type Collection, Db } from 'mongodb'
import { Engine } from '../../../event-store/engine.js'
import { projectStream } from '../../projects.js'
import { type ContentIds, fileKey, joined, openPieces, sealPieces } from '../file-sealing.js'

interface FileText {
  /** The content's id. */
  _id: string
  pieces: Binary[]
}

/**
 * The texts that were read from files, sealed like the files, under keys of their own. A text is stored before the event
 * of its file and removed with the file's bytes: what removes those MUST remove this first.
 */
@Injectable()
export class FileTexts {
  private readonly texts: Collection<FileText>

  constructor(
    db: Db,
    private readonly engine: Engine,
  ) {
    this.texts = db.collection('file_texts')
  }

  async store(ids: ContentIds, text: string): Promise<void> {
    const pieces: Binary[] = []
    for await (const piece of sealPieces(await this.keyOf(ids), [Buffer.from(text)])) pieces.push(new Binary(piece))
    await this.texts.replaceOne({ _id: ids.contentId }, { pieces }, { upsert: true })
  }

  /** Undefined when the file has no text, or is gone. */
  async read(ids: ContentIds): Promise<string | undefined> {
    const found = await this.texts.findOne({ _id: ids.contentId })
    if (!found) return undefined
    const sealed = found.pieces.map((piece) => piece.value())
    return (await joined(openPieces(await this.keyOf(ids), sealed)))!.toString()
  }

  async remove(contentId: string): Promise<void> {
    await this.texts.deleteOne({ _id: contentId })
  }

  private async keyOf(ids: ContentIds): Promise<Buffer> {
    const { projectId, contentId } = ids
    const key = await this.engine.vault.keyOf(projectStream(projectId))
    return fileKey(key, { ...ids, contentId: `${contentId}/text` })
  }
}
