import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { PageQuery } from '../../http/pages.js'
import { ReconcileReplies } from '../replies/reconcile-replies.js'
import { ListOpenReplies } from '../replies/list-open-replies.js'
import { OpenRepliesDto, ReconciledDto } from './open-replies.dto.js'

@ApiTags('operations')
@NeedsRole('admin')
@Controller('ops/replies')
export class OpenRepliesController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({ summary: 'The prompts that wait for an answer, the oldest first' })
  @ApiOkResponse({ type: OpenRepliesDto })
  async list(@Query() page: PageQuery): Promise<OpenRepliesDto> {
    const { items: replies, nextCursor } = await this.bus.query(new ListOpenReplies(page))
    return { replies, nextCursor }
  }

  @Post('reconcile')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Add open replies that are missing in the queue, as workers do by themselves every few seconds',
  })
  @ApiOkResponse({ type: ReconciledDto })
  async reconcile(@RequestCause() cause: Cause): Promise<ReconciledDto> {
    const { open, added } = await this.bus.command(new ReconcileReplies(cause))
    return { open, added }
  }
}
