import { Injectable } from '@nestjs/common'
import { type Collection, Db, type GridFSChunk, type GridFSFile, ObjectId } from 'mongodb'
import { Engine } from '../../event-store/engine.js'
import { projectStream } from '../projects.js'
import { fileKey, type ContentIds, sealPieces, sealedPieceBytes, openPieces } from './file-sealing.js'

/**
 * The sealed bytes of files, in GridFS's layout (bucket `files`), without their names and types.
 *
 * It does not use the driver's own streams: an aborted write stream may go on writing, so one could not be sure that
 * all is removed; and a read stream fetches sixteen megabytes at once.
 */
@Injectable()
export class FileContents {
  private readonly files: Collection<GridFSFile>
  private readonly chunks: Collection<GridFSChunk>

  constructor(
    db: Db,
    private readonly engine: Engine,
  ) {
    this.files = db.collection('files.files')
    this.chunks = db.collection('files.chunks')
  }

  async prepare(): Promise<void> {
    await this.chunks.createIndex({ files_id: 1, n: 1 }, { unique: true })
  }

  /** When it returns, the bytes are durable. When reading the content throws, no write is under way any more. */
  async store(ids: ContentIds, content: AsyncIterable<Uint8Array>): Promise<void> {
    const id = new ObjectId(ids.contentId)
    let [n, length] = [0, 0]
    for await (const data of sealPieces(await this.keyOf(ids), content)) {
      await this.chunks.insertOne({ _id: new ObjectId(), files_id: id, n: n++, data })
      length += data.length
    }
    await this.files.insertOne({
      _id: id,
      length,
      chunkSize: sealedPieceBytes,
      uploadDate: new Date(),
      filename: ids.contentId,
    })
  }

  async *read(ids: ContentIds): AsyncGenerator<Uint8Array> {
    const key = await this.keyOf(ids)
    const found = this.chunks
      .find({ files_id: new ObjectId(ids.contentId) }, { promoteBuffers: true, batchSize: 4 })
      .sort({ n: 1 })
    yield* openPieces(
      key,
      found.map(({ data }) => data),
    )
  }

  async remove(contentId: string): Promise<void> {
    const id = new ObjectId(contentId)
    await this.files.deleteOne({ _id: id })
    await this.chunks.deleteMany({ files_id: id })
  }

  private async keyOf(ids: ContentIds): Promise<Buffer> {
    return fileKey(await this.engine.vault.keyOf(projectStream(ids.projectId)), ids)
  }
}
