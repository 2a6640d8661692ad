import { Controller, Get, Query, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { Flag, Whole } from '../../http/fields.js'
import { linesHeaders } from '../export/lines.js'
import { ExportLog } from '../export/export-log.js'

class LogExportQuery {
  @Whole({ min: 0, optional: true, inQuery: true, about: 'The last position one has already' })
  after: number = 0

  @Flag({ optional: true, about: 'Open the personal words, too; the evidence says so' })
  open: boolean = false
}

@ApiTags('audit')
@NeedsRole('auditor', 'admin')
@Controller('audit/export')
export class LogExportController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({
    summary: 'The whole log, or what is new in it, with all that is needed to verify it offline',
    description:
      'NDJSON: what log it is, its events as they are stored, and a checkpoint at the end. `npm run audit -- verify --export` reads it.',
  })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  async export(
    @Query() { after, open }: LogExportQuery,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AsyncIterable<string>> {
    const { lines } = await this.bus.query(new ExportLog(cause, after, open))
    void reply.headers({ ...linesHeaders, 'content-disposition': 'attachment; filename="verbatim-log.ndjson"' })
    return lines
  }
}
