import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { hourOf, usage, type UsageDoc, usageModel } from './usage.js'

export interface UsagePoint {
  at: Date
  prompts: number
  replies: number
  promptTokens: number
  completionTokens: number
  totalTokens: number
}

/** One line of a chart, for one model or one account. */
export interface UsageSeries {
  key: string
  points: UsagePoint[]
}

export class GetUsageSeries extends Query<UsageSeries[]> {
  constructor(
    /** Left out for the usage of all accounts. */
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

@QueryHandler(GetUsageSeries)
export class GetUsageSeriesHandler implements IQueryHandler<GetUsageSeries> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(usageModel.name) private readonly usage: Model<UsageDoc>,
  ) {}

  /** Usage is counted by the hour, so the whole hour that contains `from` is counted. Days are in UTC. */
  async execute({ userId, from, to, bucket, groupBy }: GetUsageSeries): Promise<UsageSeries[]> {
    await this.engine.bringUpToDate(usage)
    const key = groupBy === 'user' ? '$userId' : '$model'
    const at = { $dateTrunc: { date: '$hour', unit: bucket } }
    const point = Object.fromEntries(sums.map((name) => [name, { $sum: `$${name}` }]))
    const fields = Object.fromEntries(sums.map((name) => [name, `$${name}`]))
    const aggregate = () =>
      this.usage.aggregate<{ _id: string; points: UsagePoint[] }>([
        { $match: { hour: { $gte: hourOf(from), $lt: to }, ...(userId !== undefined && { userId }) } },
        { $group: { _id: { key, at }, ...point } },
        { $sort: { '_id.key': 1, '_id.at': 1 } },
        { $group: { _id: '$_id.key', points: { $push: { at: '$_id.at', ...fields } } } },
        { $sort: { _id: 1 } },
      ])
    return (await retryWhenReplaced(aggregate)).map(({ _id, points }) => ({ key: _id, points }))
  }
}
