import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type ErasedStreamDoc, erasedStreamModel } from './erased-streams-model.js'
import type { Progress } from './retention-task.js'

const atOnce = 500

/** Everything that was ever erased, for whoever makes sure that it is. */
@Injectable()
export class ErasedStreams {
  constructor(@InjectModel(erasedStreamModel.name) private readonly erased: Model<ErasedStreamDoc>) {}

  /** Page by page, until the signal says so. Progress is told of what has been dealt with. */
  async *pages(signal: AbortSignal, progress: Progress): AsyncGenerator<readonly string[]> {
    const total = await this.erased.estimatedDocumentCount()
    if (total > 0) progress(0, total)
    let seen = 0
    for (let last = ''; !signal.aborted;) {
      const next = () =>
        this.erased
          .find({ _id: { $gt: last } })
          .sort({ _id: 1 })
          .limit(atOnce)
          .lean<ErasedStreamDoc[]>()
      const streams = (await retryWhenReplaced(next)).map(({ _id }) => _id)
      if (streams.length === 0) return
      yield streams
      last = streams.at(-1)!
      progress((seen += streams.length), Math.max(total, seen))
    }
  }
}
