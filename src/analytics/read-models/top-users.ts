import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { findPage, ListOrder, type Page, type PageQuery } from '../../http/pages.js'
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

  async execute({ by, page }: TopUsers): Promise<Page<AnalyticsDoc>> {
    const highestFirst = new ListOrder<AnalyticsDoc>([by, -1, 'number'], ['_id', 1, 'string'])
    return await findPage(this.analytics, { [by]: { $gt: 0 } }, highestFirst, page)
  }
}
