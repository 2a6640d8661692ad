import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import type { ChatEvents } from '../../chat/chat.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema, retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../../guests/guest.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents } from '../../projects/project.js'
import type { Progress } from './retention.js'

/** A stream whose key must be gone. */
export interface ErasedStreamDoc {
  _id: string
  erasedAt: Date
}

interface ErasureEvent {
  stream: string
  at: Date
}

/** The erasure of a stream is its last event. */
const erased = {
  key: ({ stream }: ErasureEvent) => stream,
  evolve: (doc: ErasedStreamDoc | null, { stream, at }: ErasureEvent) => doc ?? { _id: stream, erasedAt: at },
}

export const erasedStreams = projection<ErasedStreamDoc, UserEvents & ChatEvents & ProjectEvents & GuestEvents>(
  'erased_streams',
  {
    version: 1,
    on: { UserErased: erased, ChatErased: erased, ProjectErased: erased, GuestErased: erased },
  },
)

export const erasedStreamModel = { name: 'ErasedStream', schema: readModelSchema(erasedStreams, { erasedAt: Date }) }

const pageSize = 500

/** All streams that were ever erased, for tasks that make sure of it. */
@Injectable()
export class ErasedStreamList {
  constructor(@InjectModel(erasedStreamModel.name) private readonly erased: Model<ErasedStreamDoc>) {}

  /** Page by page, until the signal aborts. A page counts as done when the next one is asked for. */
  async *pages(signal: AbortSignal, progress: Progress): AsyncGenerator<readonly string[]> {
    const total = await this.erased.estimatedDocumentCount()
    if (total > 0) progress(0, total)
    let seen = 0
    for (let last = ''; !signal.aborted;) {
      const next = () =>
        this.erased
          .find({ _id: { $gt: last } })
          .sort({ _id: 1 })
          .limit(pageSize)
          .lean<ErasedStreamDoc[]>()
      const streams = (await retryWhenReplaced(next)).map(({ _id }) => _id)
      if (streams.length === 0) return
      yield streams
      last = streams.at(-1)!
      progress((seen += streams.length), Math.max(total, seen))
    }
  }
}
