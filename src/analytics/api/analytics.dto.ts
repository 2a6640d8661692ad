import { Choice, DateTime, ListOf, Integer, AnyText } from '../../http/fields.js'

export class ContributorDto {
  @AnyText()
  userId!: string

  @Integer({ about: 'Messages that this account has given feedback on' })
  feedbackCount!: number

  @Integer({ optional: true, about: 'Comments that came with them' })
  commentCount?: number
}

export class ContributorsDto {
  @ListOf(() => ContributorDto)
  users!: ContributorDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}

export class TopUserDto {
  @AnyText()
  userId!: string

  @Integer()
  totalTokens!: number
}

export class TopUsersDto {
  @ListOf(() => TopUserDto)
  users!: TopUserDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}

export class UsageQuery {
  @DateTime({ optional: true, about: 'Default: a day (by hour) or 30 days (by day) before `to`' })
  from?: string

  @DateTime({ optional: true, about: 'Up to, not including. Default: now' })
  to?: string

  @Choice(['hour', 'day'], { name: 'UsageBucket', optional: true })
  bucket: 'hour' | 'day' = 'day'

  @Choice(['user', 'model'], { name: 'UsageGroup', optional: true })
  groupBy: 'user' | 'model' = 'model'

  @Choice(['own', 'all'], { name: 'UsageScope', optional: true, about: 'Default: one’s own; for admins everybody’s' })
  scope?: 'own' | 'all'
}

export class UsagePointDto {
  @DateTime({ about: 'When the hour or the day begins' })
  at!: Date

  @Integer({ about: 'How many were sent' })
  prompts!: number

  @Integer({ about: 'How many were completed' })
  replies!: number

  @Integer()
  promptTokens!: number

  @Integer()
  completionTokens!: number

  @Integer()
  totalTokens!: number
}

export class UsageSeriesDto {
  @AnyText({ about: 'The model, or the account' })
  key!: string

  @ListOf(() => UsagePointDto)
  points!: UsagePointDto[]
}

export class UsageDto {
  @DateTime()
  from!: Date

  @DateTime()
  to!: Date

  @Choice(['hour', 'day'], { name: 'UsageBucket' })
  bucket!: string

  @Choice(['user', 'model'], { name: 'UsageGroup' })
  groupBy!: string

  @ListOf(() => UsageSeriesDto)
  series!: UsageSeriesDto[]
}
