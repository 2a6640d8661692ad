import { Controller, Get, Query } from '@nestjs/common'
import { ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Refused } from '../../event-store/errors.js'
import { definedFields } from '../../commands/defined-fields.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import { PageQuery } from '../../http/pages.js'
import { invalidFields } from '../../http/validation.js'
import { ContributorsDto, TopUsersDto, UsageDto, UsageQuery } from './analytics.dto.js'
import { ListTopUsers } from '../read-models/top-users.js'
import { GetUsageSeries } from '../read-models/usage-series.js'

const dayMs = 86_400_000
const defaultRange = { hour: dayMs, day: 30 * dayMs }
const longestRange = { hour: 31 * dayMs, day: 366 * dayMs }

@ApiTags('analytics')
@Controller('analytics')
export class AnalyticsController {
  constructor(private readonly bus: Bus) {}

  @Get('top-contributors')
  @ApiOperation({ summary: 'Who has given the most feedback' })
  @ApiOkResponse({ type: ContributorsDto })
  async topContributors(@Query() page: PageQuery): Promise<ContributorsDto> {
    const { items, nextCursor } = await this.bus.query(new ListTopUsers('feedbackGiven', page))
    const users = items.map(({ userId, feedbackGiven: feedbackCount, commentsGiven: commentCount }) => ({
      userId,
      feedbackCount,
      ...definedFields({ commentCount }),
    }))
    return { users, nextCursor }
  }

  @Get('top-users')
  @ApiOperation({ summary: 'Who has used the most tokens' })
  @ApiOkResponse({ type: TopUsersDto })
  async topUsers(@Query() page: PageQuery): Promise<TopUsersDto> {
    const { items, nextCursor } = await this.bus.query(new ListTopUsers('totalTokensUsed', page))
    return { users: items.map(({ userId, totalTokensUsed }) => ({ userId, totalTokens: totalTokensUsed })), nextCursor }
  }

  @Get('usage')
  @ApiOperation({ summary: 'Prompts and tokens over time, for charts' })
  @ApiOkResponse({ type: UsageDto })
  @ApiForbiddenResponse({ description: 'Everybody’s usage is for admins' })
  async usage(@Query() query: UsageQuery, @CurrentCaller() caller: Caller): Promise<UsageDto> {
    const { bucket, groupBy, scope = caller.role === 'admin' ? 'all' : 'own' } = query
    if (scope === 'all' && caller.role !== 'admin')
      throw new Refused('forbidden', 'everybody’s usage is for admins; leave scope out for your own')
    const to = query.to === undefined ? new Date() : new Date(query.to)
    const from = query.from === undefined ? new Date(to.getTime() - defaultRange[bucket]) : new Date(query.from)
    if (from >= to) throw invalidFields([{ field: 'from', message: 'must be before to' }])
    if (to.getTime() - from.getTime() > longestRange[bucket])
      throw invalidFields([{ field: 'from', message: `must be within ${longestRange[bucket] / dayMs} days before to` }])
    const series = await this.bus.query(
      new GetUsageSeries(scope === 'own' ? caller.id : undefined, from, to, bucket, groupBy),
    )
    return { from, to, bucket, groupBy, series }
  }
}
