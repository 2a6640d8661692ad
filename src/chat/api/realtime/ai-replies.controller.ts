import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../../commands/bus.js'
import type { Caller } from '../../../commands/caller.js'
import { definedFields } from '../../../commands/defined-fields.js'
import type { Cause } from '../../../commands/cause.js'
import { CurrentCaller } from '../../../http/access.js'
import { type Answer, answer, Answers } from '../../../http/answers.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { OpenCaps } from '../../../http/open-caps.js'
import { Refuses } from '../../../http/openapi/problem-examples.js'
import { sseHeaders } from '../../../http/sse.js'
import { ChatIds } from '../../chat-ids.js'
import { GiveFeedback, WithdrawFeedback } from '../../commands.js'
import { FindMessage } from '../../read-models/message-queries.js'
import { mustBeReply, Replies } from '../../replies/ending/replies.js'
import { ReplyStream } from '../../replies/stream/reply-stream.js'
import { LastEventIdHeader } from '../prompts.js'
import { replyEventSchema } from '../reply-events.dto.js'
import { FeedbackBody, FeedbackDto } from '../root/feedback.dto.js'
import { AiMessageParams, AiReplyParams, AskedDto, AskParams } from './ai.dto.js'
import { asAsked } from './ai.presenter.js'

/** Answers, and what their readers think of them, in the realtime family. */
@ApiTags('prompts')
@Controller('api/ai')
export class AiRepliesController {
  constructor(
    private readonly bus: Bus,
    private readonly ids: ChatIds,
    private readonly replies: Replies,
    private readonly stream: ReplyStream,
    private readonly caps: OpenCaps,
  ) {}

  @Get('replies/:replyId')
  @ApiOperation({ summary: 'An answer, or its status' })
  @Answers(200, { message: AskedDto })
  async reply(
    @Param() { replyId }: AiReplyParams,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ message: AskedDto }>> {
    const doc = await this.bus.query(new FindMessage(replyId, caller.id))
    return answer({ message: asAsked({ chatId: doc.sessionId, ...(await this.replies.read(doc)) }) })
  }

  @Get('replies/:replyId/stream')
  @ApiOperation({ summary: 'An answer as a stream of events; Last-Event-ID resumes a stream that was interrupted' })
  @Refuses('too_many_open')
  @LastEventIdHeader()
  @ApiOkResponse({
    description: 'start, delta, reset, done, failed, cancelled',
    content: { 'text/event-stream': { schema: replyEventSchema } },
  })
  async events(
    @Param() { replyId }: AiReplyParams,
    @CurrentCaller() caller: Caller,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AsyncIterable<string>> {
    const doc = await this.bus.query(new FindMessage(replyId, caller.id))
    mustBeReply(doc)
    this.caps.countStream(caller.id, reply)
    void reply.headers(sseHeaders)
    return this.stream.events({ chatId: doc.sessionId, promptId: doc.promptId ?? '', replyId, doc }, lastEventId)
  }

  @Post('chats/:chatId/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the answer that is being written; what was written is kept' })
  @Answers(200, { message: AskedDto })
  async cancel(
    @Param() { chatId: name }: AskParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ message: AskedDto }>> {
    const chat = this.ids.chatOf(caller.id, name)
    return answer({ message: asAsked({ ...chat, ...(await this.replies.cancel(cause, chat)) }) })
  }

  @Post('messages/:messageId/feedback')
  @ApiTags('feedback')
  @ApiOperation({ summary: 'Rate a message, with a comment if you like; it replaces your earlier rating' })
  @Answers(200, { message: FeedbackDto })
  async giveFeedback(
    @Param() { messageId }: AiMessageParams,
    @Body() { type, comment }: FeedbackBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ message: FeedbackDto }>> {
    const { sessionId: chatId, userId: ownerId } = await this.bus.query(new FindMessage(messageId, caller.id))
    await this.bus.command(new GiveFeedback(cause, { chatId, ownerId }, messageId, type, comment))
    return answer({ message: { id: messageId, feedback: type, ...definedFields({ feedbackComment: comment }) } })
  }

  @Delete('messages/:messageId/feedback')
  @ApiTags('feedback')
  @ApiOperation({ summary: 'Withdraw your feedback' })
  @Answers(200, { message: FeedbackDto })
  async withdrawFeedback(
    @Param() { messageId }: AiMessageParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ message: FeedbackDto }>> {
    const { sessionId: chatId, userId: ownerId } = await this.bus.query(new FindMessage(messageId, caller.id))
    await this.bus.command(new WithdrawFeedback(cause, { chatId, ownerId }, messageId))
    return answer({ message: { id: messageId, feedback: null } })
  }
}
