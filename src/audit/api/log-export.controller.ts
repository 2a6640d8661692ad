import { Controller, Get, Query, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller, NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { Flag, Integer } from '../../http/fields.js'
import { ndjsonHeaders } from './ndjson.js'
import { ExportLog } from '../export/export-log.js'
import { ExportLimit } from '../export/export-limit.js'

class LogExportQuery {
  @Integer({ min: 0, optional: true, inQuery: true, about: 'The last position that the caller already has' })
  after: number = 0

  @Flag({ optional: true, about: 'Also open personal data; the evidence records that' })
  open: boolean = false
}

@ApiTags('audit')
@NeedsRole('auditor', 'admin')
@Controller('audit/export')
export class LogExportController {
  constructor(
    private readonly bus: Bus,
    private readonly exports: ExportLimit,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The whole log, or what is new in it, with everything that is needed to verify it offline',
    description:
      'NDJSON: the name and keys of the log, its events as they are stored, and a checkpoint at the end. `npm run audit -- verify --export` verifies it.',
  })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  async export(
    @Query() { after, open }: LogExportQuery,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AsyncIterable<string>> {
    this.exports.begin(caller.id, reply)
    const { lines } = await this.bus.query(new ExportLog(cause, after, open))
    void reply.headers({ ...ndjsonHeaders, 'content-disposition': 'attachment; filename="verbatim-log.ndjson"' })
    return lines
  }
}
