import { Controller, Get, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { ndjsonHeaders } from './ndjson.js'
import { ExportOwn } from '../export/export-own.js'
import { ExportLimit } from '../export/export-limit.js'

@ApiTags('accounts')
@Controller('api/users/export')
export class OwnExportController {
  constructor(
    private readonly bus: Bus,
    private readonly exports: ExportLimit,
  ) {}

  @Get()
  @ApiOperation({
    summary:
      'Everything that is stored about the caller, as NDJSON: every event of the account, its chats and its projects, opened',
  })
  @ApiOkResponse({
    description: 'Lines of an export; docs/audit.md describes the format',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  async export(
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AsyncIterable<string>> {
    this.exports.begin(caller.id, reply)
    const lines = await this.bus.query(new ExportOwn(cause, caller.id))
    void reply.headers({ ...ndjsonHeaders, 'content-disposition': 'attachment; filename="verbatim.ndjson"' })
    return lines
  }
}
