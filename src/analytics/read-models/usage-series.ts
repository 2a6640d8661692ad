import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { hourOf, type UsageDoc, usageModel } from './usage.js'

export interface UsagePoint {
  at: Date
  prompts: number
  replies: number
  promptTokens: number
  completionTokens: number
  totalTokens: number
}

/** One line of a chart: a model's, or an account's. */
export interface UsageSeries {
  key: string
  points: UsagePoint[]
}

export class UsageOverTime extends Query<UsageSeries[]> {
  constructor(
    /** None: everybody's. */
    readonly userId: string | undefined,
    readonly from: Date,
    readonly to: Date,
    readonly bucket: 'hour' | 'day',
    readonly groupBy: 'user' | 'model',
  ) {
    super()
  }
}

const sums = ['prompts', 'replies', 'promptTokens', 'completionTokens', 'totalTokens'] as const

@QueryHandler(UsageOverTime)
export class UsageOverTimeHandler implements IQueryHandler<UsageOverTime> {
  constructor(@InjectModel(usageModel.name) private readonly usage: Model<UsageDoc>) {}

  /** Usage is counted by the hour: the hour in which `from` lies is told whole. Days are UTC's. */
  async execute({ userId, from, to, bucket, groupBy }: UsageOverTime): Promise<UsageSeries[]> {
    const key = groupBy === 'user' ? '$userId' : '$model'
    const at = { $dateTrunc: { date: '$hour', unit: bucket } }
    const point = Object.fromEntries(sums.map((name) => [name, { $sum: `$${name}` }]))
    const together = Object.fromEntries(sums.map((name) => [name, `$${name}`]))
    const found = () =>
      this.usage.aggregate<{ _id: string; points: UsagePoint[] }>([
        { $match: { hour: { $gte: hourOf(from), $lt: to }, ...(userId !== undefined && { userId }) } },
        { $group: { _id: { key, at }, ...point } },
        { $sort: { '_id.key': 1, '_id.at': 1 } },
        { $group: { _id: '$_id.key', points: { $push: { at: '$_id.at', ...together } } } },
        { $sort: { _id: 1 } },
      ])
    return (await retryWhenReplaced(found)).map(({ _id, points }) => ({ key: _id, points }))
  }
}
