import { Choice, Moment, Parts, Whole, Words } from '../../http/fields.js'

export class ContributorDto {
  @Words()
  userId!: string

  @Whole({ about: 'Messages this account has an opinion of' })
  feedbackCount!: number
}

export class ContributorsDto {
  @Parts(() => ContributorDto)
  users!: ContributorDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class TopUserDto {
  @Words()
  userId!: string

  @Whole()
  totalTokens!: number
}

export class TopUsersDto {
  @Parts(() => TopUserDto)
  users!: TopUserDto[]

  @Words({ optional: true })
  nextCursor?: string
}

export class UsageQuery {
  @Moment({ optional: true, about: 'Default: a day (by hour) or 30 days (by day) before `to`' })
  from?: string

  @Moment({ optional: true, about: 'Up to, not including. Default: now' })
  to?: string

  @Choice(['hour', 'day'], { name: 'UsageBucket', optional: true })
  bucket: 'hour' | 'day' = 'day'

  @Choice(['user', 'model'], { name: 'UsageGroup', optional: true })
  groupBy: 'user' | 'model' = 'model'

  @Choice(['own', 'all'], { name: 'UsageScope', optional: true, about: 'Default: one’s own; for admins everybody’s' })
  scope?: 'own' | 'all'
}

export class UsagePointDto {
  @Moment({ about: 'When the hour or the day begins' })
  at!: Date

  @Whole()
  prompts!: number

  @Whole()
  replies!: number

  @Whole()
  promptTokens!: number

  @Whole()
  completionTokens!: number

  @Whole()
  totalTokens!: number
}

export class UsageSeriesDto {
  @Words({ about: 'The model, or the account' })
  key!: string

  @Parts(() => UsagePointDto)
  points!: UsagePointDto[]
}

export class UsageDto {
  @Moment()
  from!: Date

  @Moment()
  to!: Date

  @Choice(['hour', 'day'], { name: 'UsageBucket' })
  bucket!: string

  @Choice(['user', 'model'], { name: 'UsageGroup' })
  groupBy!: string

  @Parts(() => UsageSeriesDto)
  series!: UsageSeriesDto[]
}
