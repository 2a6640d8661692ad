import { Controller, Get, Query } from '@nestjs/common'
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { NeedsRole } from '../../http/access.js'
import { RequestCause } from '../../http/cause.guard.js'
import { ListEvents } from '../lists/list-events.js'
import type { ListName } from '../lists/list-types.js'
import { ChangesQuery, ListedChangesDto, ListedReadsDto, type ListQuery, ReadsQuery } from './lists.dto.js'

/** Lists of what auditors ask for most. Each request leaves one event as evidence. */
@ApiTags('audit')
@NeedsRole('auditor', 'admin')
@Controller('audit')
export class ListsController {
  constructor(private readonly bus: Bus) {}

  @Get('reads')
  @ApiOperation({ summary: 'Who read what in the log, and who looked for whom' })
  @ApiOkResponse({ type: ListedReadsDto })
  async reads(@Query() { of: readOf, ...query }: ReadsQuery, @RequestCause() cause: Cause): Promise<ListedReadsDto> {
    const { items, ...page } = await this.list('reads', cause, query, { readOf })
    return { reads: items, ...page }
  }

  @Get('erasures')
  @ApiOperation({ summary: 'What was erased, when and by whom' })
  @ApiOkResponse({ type: ListedChangesDto })
  @ApiNotFoundResponse({ description: 'There is no such account' })
  async erasures(@Query() { user, ...query }: ChangesQuery, @RequestCause() cause: Cause): Promise<ListedChangesDto> {
    const { items, ...page } = await this.list('erasures', cause, query, { user })
    return { changes: items, ...page }
  }

  @Get('edits')
  @ApiOperation({ summary: 'Which messages were edited, when and by whom' })
  @ApiOkResponse({ type: ListedChangesDto })
  @ApiNotFoundResponse({ description: 'There is no such account' })
  async edits(@Query() { user, ...query }: ChangesQuery, @RequestCause() cause: Cause): Promise<ListedChangesDto> {
    const { items, ...page } = await this.list('edits', cause, query, { user })
    return { changes: items, ...page }
  }

  private list(
    name: ListName,
    cause: Cause,
    { limit, since, until, ...query }: ListQuery,
    what: { user?: string; readOf?: string },
  ) {
    const times = {
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    }
    return this.bus.query(new ListEvents(cause, name, { ...query, ...times, ...what }, limit))
  }
}
