import { Flag, Moment, Parts, Whole, Words } from '../../http/fields.js'

export class OpenReplyDto {
  @Words()
  id!: string

  @Words()
  chatId!: string

  @Moment({ about: 'When the prompt was sent' })
  since!: Date

  @Whole({ about: 'Seconds since then' })
  age!: number

  @Flag({ about: 'Whether it is in the queue; left out when Redis does not answer', optional: true })
  isQueued?: boolean

  @Whole({ about: 'How often a worker has begun with it since it came into the queue', optional: true })
  attempts?: number
}

export class OpenRepliesDto {
  @Parts(() => OpenReplyDto)
  replies!: OpenReplyDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class ReconciledDto {
  @Whole({ about: 'Replies that were open' })
  open!: number

  @Whole({ about: 'Those of them that were not in the queue, and are now' })
  added!: number
}
