import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { MessageParams } from '../../chat/api/root/feedback.dto.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller, NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { ReadMessageReceipt } from '../receipts/read-message-receipt.js'
import { ReadReceipt } from '../receipts/read-receipt.js'
import { PositionParams, ReceiptDto, ReceiptQuery } from './receipts.dto.js'

@ApiTags('audit')
@Controller()
export class ReceiptsController {
  constructor(private readonly bus: Bus) {}

  @Get('audit/events/:position/receipt')
  @NeedsRole('auditor', 'admin')
  @Refuses('not_yet_signed')
  @ApiOperation({ summary: 'A proof that an event is in the log; it can be verified offline' })
  @ApiOkResponse({ type: ReceiptDto })
  ofEvent(
    @Param() { position }: PositionParams,
    @Query() { open }: ReceiptQuery,
    @RequestCause() cause: Cause,
  ): Promise<ReceiptDto> {
    return this.bus.query(new ReadReceipt(cause, position, open))
  }

  @Get(['message/:messageId/receipt', 'api/ai/messages/:messageId/receipt'])
  @Refuses('not_yet_signed')
  @ApiOperation({ summary: 'A proof of a message’s text, for its owner and for auditors' })
  @ApiOkResponse({ type: ReceiptDto })
  ofMessage(
    @Param() { messageId }: MessageParams,
    @Query() { open }: ReceiptQuery,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<ReceiptDto> {
    return this.bus.query(new ReadMessageReceipt(cause, caller, messageId, open))
  }
}
