import { Body, Controller, Delete, HttpCode, Param, Post } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { definedFields } from '../../../commands/defined-fields.js'
import { Bus } from '../../../commands/bus.js'
import type { Caller } from '../../../commands/caller.js'
import { CurrentCaller } from '../../../http/access.js'
import type { Cause } from '../../../commands/cause.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { FeedbackBody, FeedbackDto } from '../chat.dto.js'
import { MessageParams } from './feedback.dto.js'
import { GiveFeedback, WithdrawFeedback } from '../../commands.js'
import { FindMessage } from '../../read-models/message-queries.js'

@ApiTags('feedback')
@Controller('message/:messageId/feedback')
export class FeedbackController {
  constructor(private readonly bus: Bus) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Give feedback on a message, with a comment if you like; it replaces your earlier feedback',
  })
  @ApiOkResponse({ type: FeedbackDto })
  async give(
    @Param() { messageId }: MessageParams,
    @Body() { type, comment }: FeedbackBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<FeedbackDto> {
    const { sessionId, userId } = await this.bus.query(new FindMessage(messageId, caller.id))
    await this.bus.command(new GiveFeedback(cause, { chatId: sessionId, ownerId: userId }, messageId, type, comment))
    return { id: messageId, feedback: type, ...definedFields({ feedbackComment: comment }) }
  }

  @Delete()
  @ApiOperation({ summary: 'Withdraw your feedback' })
  @ApiOkResponse({ type: FeedbackDto })
  async withdraw(
    @Param() { messageId }: MessageParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<FeedbackDto> {
    const { sessionId, userId } = await this.bus.query(new FindMessage(messageId, caller.id))
    await this.bus.command(new WithdrawFeedback(cause, { chatId: sessionId, ownerId: userId }, messageId))
    return { id: messageId, feedback: null }
  }
}
