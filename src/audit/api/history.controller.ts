import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common'
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import type { RequestedHistory } from '../history/requested-history.js'
import { AuditedUserParams, EventTypesDto, HistoryDto, HistoryQuery, StreamParams } from './history.dto.js'
import { linesHeaders, wantsLines } from '../export/lines.js'
import { ExportHistory } from '../export/export-history.js'
import { ListEventTypes } from '../history/list-event-types.js'
import { ReadHistory } from '../history/read-history.js'

type History = HistoryDto | AsyncIterable<string>

const pageOrLines = ApiOkResponse({
  description: 'A page; or, when asked for, every event up to the head as a line of an export',
  content: {
    'application/json': { schema: { $ref: getSchemaPath(HistoryDto) } },
    'application/x-ndjson': { schema: { type: 'string' } },
  },
})

/** What is in the log, for those who check it. Each request leaves one event. */
@ApiTags('audit')
@ApiExtraModels(HistoryDto)
@NeedsRole('auditor', 'admin')
@Controller('audit')
export class HistoryController {
  constructor(private readonly bus: Bus) {}

  @Get('events')
  @ApiOperation({ summary: 'The log, in order; as NDJSON with Accept: application/x-ndjson' })
  @pageOrLines
  events(
    @Query() query: HistoryQuery,
    @RequestCause() cause: Cause,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<History> {
    return this.read(cause, query, accept, reply)
  }

  @Get('streams/:stream')
  @ApiOperation({ summary: 'The history of one thing: its stream' })
  @pageOrLines
  stream(
    @Param() { stream }: StreamParams,
    @Query() query: HistoryQuery,
    @RequestCause() cause: Cause,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<History> {
    return this.read(cause, query, accept, reply, { stream })
  }

  @Get('users/:userId')
  @ApiOperation({
    summary: 'The history of an account or a guest: what it has done, and what happened to what it owns',
  })
  @pageOrLines
  user(
    @Param() { userId }: AuditedUserParams,
    @Query() query: HistoryQuery,
    @RequestCause() cause: Cause,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<History> {
    return this.read(cause, query, accept, reply, { user: userId })
  }

  @Get('event-types')
  @ApiOperation({ summary: 'Every type of event, with JSON Schemas' })
  @ApiOkResponse({ type: EventTypesDto })
  async types(@RequestCause() cause: Cause): Promise<EventTypesDto> {
    return { eventTypes: await this.bus.query(new ListEventTypes(cause)) }
  }

  private async read(
    cause: Cause,
    query: HistoryQuery,
    accept: string | undefined,
    reply: FastifyReply,
    of?: RequestedHistory['of'],
  ): Promise<History> {
    const { limit, since, until, ...rest } = query
    const asked = { ...rest, ...(of && { of }), since: momentOf(since), until: momentOf(until) }
    if (!wantsLines(accept)) return this.bus.query(new ReadHistory(cause, asked, limit))
    const lines = await this.bus.query(new ExportHistory(cause, asked))
    void reply.headers(linesHeaders)
    return lines
  }
}

const momentOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
