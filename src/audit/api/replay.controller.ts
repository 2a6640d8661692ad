import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiGoneResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { ReadChat } from '../replay/read-chat.js'
import { ReadVersions } from '../replay/read-versions.js'
import { ReadContext } from '../replay/read-context.js'
import {
  ChatAtMomentDto,
  MessageVersionsDto,
  MomentQuery,
  ReplayedMessageParams,
  ReplayedChatParams,
  ReplayedReplyParams,
  ReplyContextDto,
} from './replay.dto.js'
import { asChatAtMoment, asReplyContext } from './replay.presenter.js'

/** Chats and contexts as they were at some moment, for auditors. Each request leaves one event as evidence. */
@ApiTags('audit')
@NeedsRole('auditor', 'admin')
@Controller('audit/chats/:chatId')
export class ReplayController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({ summary: 'A chat as it was at a position or a time' })
  @ApiOkResponse({ type: ChatAtMomentDto })
  async chat(
    @Param() { chatId }: ReplayedChatParams,
    @Query() { at, ...page }: MomentQuery,
    @RequestCause() cause: Cause,
  ): Promise<ChatAtMomentDto> {
    return asChatAtMoment(await this.bus.query(new ReadChat(cause, chatId, at, page)))
  }

  @Get('messages/:messageId/versions')
  @ApiOperation({ summary: 'Every text that a message has had' })
  @ApiOkResponse({ type: MessageVersionsDto })
  async versions(
    @Param() { chatId, messageId }: ReplayedMessageParams,
    @RequestCause() cause: Cause,
  ): Promise<MessageVersionsDto> {
    return await this.bus.query(new ReadVersions(cause, chatId, messageId))
  }

  @Get('replies/:replyId/context')
  @ApiOperation({ summary: 'The context that the model was given for a reply' })
  @ApiOkResponse({ type: ReplyContextDto })
  @Refuses('erased')
  @ApiGoneResponse({ description: 'The chat or its project was erased, so nobody can read the context' })
  async context(
    @Param() { chatId, replyId }: ReplayedReplyParams,
    @RequestCause() cause: Cause,
  ): Promise<ReplyContextDto> {
    return asReplyContext(await this.bus.query(new ReadContext(cause, chatId, replyId)))
  }
}
