import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { type AnalyticsDoc, analyticsModel } from './analytics.js'

/** Accounts by one of their counts, the highest first; those with none are left out. */
export class TopUsers extends Query<Page<AnalyticsDoc>> {
  constructor(
    readonly by: 'feedbackGiven' | 'totalTokensUsed',
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(TopUsers)
export class TopUsersHandler implements IQueryHandler<TopUsers> {
  constructor(@InjectModel(analyticsModel.name) private readonly analytics: Model<AnalyticsDoc>) {}

  async execute({ by, page: { limit, cursor } }: TopUsers): Promise<Page<AnalyticsDoc>> {
    const place = placeOf(cursor, 'number', 'string')
    const next = place
      ? { $or: [{ [by]: { $lt: place[0], $gt: 0 } }, { [by]: place[0], _id: { $gt: place[1] } }] }
      : { [by]: { $gt: 0 } }
    const find = () =>
      this.analytics
        .find(next)
        .sort({ [by]: -1, _id: 1 })
        .limit(limit + 1)
        .lean<AnalyticsDoc[]>()
    return pageOf(await retryWhenReplaced(find), limit, (last) => [last[by], last._id])
  }
}
