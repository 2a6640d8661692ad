import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { findPage, ListOrder, type Page, type PageQuery } from '../../http/pages.js'
import { analytics, type AnalyticsDoc, analyticsModel } from './analytics.js'

/** Accounts by one of their counts, the highest first. Accounts whose count is 0 are left out. */
export class ListTopUsers extends Query<Page<AnalyticsDoc>> {
  constructor(
    readonly by: 'feedbackGiven' | 'totalTokensUsed',
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ListTopUsers)
export class ListTopUsersHandler implements IQueryHandler<ListTopUsers> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(analyticsModel.name) private readonly analytics: Model<AnalyticsDoc>,
  ) {}

  async execute({ by, page }: ListTopUsers): Promise<Page<AnalyticsDoc>> {
    await this.engine.bringUpToDate(analytics)
    const highestFirst = new ListOrder<AnalyticsDoc>([by, -1, 'number'], ['_id', 1, 'string'])
    return await findPage(this.analytics, { [by]: { $gt: 0 } }, highestFirst, page)
  }
}
