import { Flag, DateTime, ListOf, Integer, AnyText } from '../../http/fields.js'

export class OpenReplyDto {
  @AnyText()
  id!: string

  @AnyText()
  chatId!: string

  @DateTime({ about: 'When the prompt was sent' })
  since!: Date

  @Integer({ about: 'Seconds since then' })
  age!: number

  @Flag({ about: 'Whether it is in the queue; left out when Redis does not answer', optional: true })
  isQueued?: boolean

  @Integer({ about: 'How often a worker has begun to answer it since it was added to the queue', optional: true })
  attempts?: number
}

export class OpenRepliesDto {
  @ListOf(() => OpenReplyDto)
  replies!: OpenReplyDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}

export class ReconciledDto {
  @Integer({ about: 'Replies that were open' })
  open!: number

  @Integer({ about: 'How many of them were not in the queue, and are now' })
  added!: number
}
