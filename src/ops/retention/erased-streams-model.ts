import type { ChatEvents } from '../../chat/chat.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { GuestEvents } from '../../guests/guest.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents } from '../../projects/project.js'

/** A stream whose key is to be gone. */
export interface ErasedStreamDoc {
  _id: string
  erasedAt: Date
}

interface Erasing {
  stream: string
  at: Date
}

/** What erases a stream is the last that is said in it. */
const erased = {
  key: ({ stream }: Erasing) => stream,
  evolve: (doc: ErasedStreamDoc | null, { stream, at }: Erasing) => doc ?? { _id: stream, erasedAt: at },
}

export const erasedStreams = projection<ErasedStreamDoc, UserEvents & ChatEvents & ProjectEvents & GuestEvents>(
  'erased_streams',
  {
    version: 1,
    on: { UserErased: erased, ChatErased: erased, ProjectErased: erased, GuestErased: erased },
  },
)

export const erasedStreamModel = { name: 'ErasedStream', schema: readModelSchema('erased_streams', { erasedAt: Date }) }
