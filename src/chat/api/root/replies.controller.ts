import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../../commands/bus.js'
import type { Caller, Credentials } from '../../../commands/caller.js'
import { CurrentCaller } from '../../../http/access.js'
import type { Cause } from '../../../commands/cause.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { definedFields } from '../../../commands/defined-fields.js'
import { Refuses } from '../../../http/openapi/problem-examples.js'
import { RequestCredentials } from '../../../http/identify.guard.js'
import { IssuesTicket, StreamTickets, TakesTicket } from '../../../http/stream-tickets.js'
import { OpenCaps } from '../../../http/open-caps.js'
import { sseHeaders } from '../../../http/sse.js'
import { TicketDto } from '../chat.dto.js'
import { AnswerDto, PendingDto, ReplyDto, ReplyParams, SendBody, StreamQuery } from './replies.dto.js'
import { ChatParams } from './chats.dto.js'
import { ChatIds } from '../../chat-ids.js'
import { SendPrompt } from '../../commands/send-prompt.js'
import { asAnswer, asReply } from './replies.presenter.js'
import { CostsAnswer, type Delivery, LastEventIdHeader, Prompts, RequestedDelivery } from '../prompts.js'
import { replyEventSchema } from '../reply-events.dto.js'
import { FindMessage } from '../../read-models/message-queries.js'
import { mustBeReply, Replies } from '../../replies/ending/replies.js'
import { ReplyStream } from '../../replies/stream/reply-stream.js'

type Streamed = AsyncIterable<string>

/** Prompts and their answers in the root family. */
@ApiTags('prompts')
@Controller()
export class RepliesController {
  constructor(
    private readonly bus: Bus,
    private readonly ids: ChatIds,
    private readonly prompts: Prompts,
    private readonly replies: Replies,
    private readonly stream: ReplyStream,
    private readonly caps: OpenCaps,
    private readonly tickets: StreamTickets,
  ) {}

  @Post('chat/:sessionId/send')
  @HttpCode(200)
  @CostsAnswer()
  @ApiOperation({ summary: 'Send a prompt and get the answer: whole, as a stream of events, or later' })
  @ApiOkResponse({ type: AnswerDto, description: 'The answer, or its events when they are asked for' })
  @ApiResponse({ status: 202, type: PendingDto, description: 'Not answered yet: look where Location says' })
  async send(
    @Param() { sessionId }: ChatParams,
    @Body() { text, model, settings }: SendBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @RequestedDelivery() delivery: Delivery,
  ): Promise<AnswerDto | PendingDto | Streamed> {
    const chat = this.ids.namedChat(caller.id, sessionId)
    const prompt = new SendPrompt(cause, chat, text, model, definedFields(settings ?? {}))
    return await this.prompts.send(prompt, delivery, asAnswer)
  }

  @Get(['chat/replies/:replyId', 'replies/:replyId'])
  @ApiOperation({ summary: 'An answer, or its status' })
  @ApiOkResponse({ type: ReplyDto })
  async reply(@Param() { replyId }: ReplyParams, @CurrentCaller() caller: Caller): Promise<ReplyDto> {
    return asReply(await this.replies.read(await this.bus.query(new FindMessage(replyId, caller.id))))
  }

  @Get(['chat/replies/:replyId/stream', 'replies/:replyId/stream', 'api/ai/replies/:replyId/stream'])
  @ApiOperation({ summary: 'An answer as a stream of events; Last-Event-ID resumes a stream that was interrupted' })
  @Refuses('too_many_open')
  @LastEventIdHeader()
  @TakesTicket('replyId')
  @ApiOkResponse({
    description: 'start, delta, reset, done, failed, cancelled',
    content: { 'text/event-stream': { schema: replyEventSchema } },
  })
  async events(
    @Param() { replyId }: ReplyParams,
    @CurrentCaller() caller: Caller,
    @Query() { lastEventId: lastInQuery }: StreamQuery,
    @Headers('last-event-id') lastInHeader: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Streamed> {
    const doc = await this.bus.query(new FindMessage(replyId, caller.id))
    mustBeReply(doc)
    this.caps.countStream(caller.id, reply)
    void reply.headers(sseHeaders)
    const reading = { chatId: doc.sessionId, promptId: doc.promptId ?? '', replyId, doc }
    return this.stream.events(reading, lastInHeader ?? lastInQuery)
  }

  @Post(['chat/replies/:replyId/ticket', 'replies/:replyId/ticket'])
  @IssuesTicket()
  @ApiCreatedResponse({ type: TicketDto })
  async ticket(
    @Param() { replyId }: ReplyParams,
    @CurrentCaller() caller: Caller,
    @RequestCredentials() credentials: Credentials,
  ): Promise<TicketDto> {
    mustBeReply(await this.bus.query(new FindMessage(replyId, caller.id)))
    return await this.tickets.issue(`/chat/replies/${replyId}/stream`, replyId, credentials)
  }

  @Post('chat/:sessionId/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the answer that is being written; what was written is kept' })
  @ApiOkResponse({ type: ReplyDto })
  async cancel(
    @Param() { sessionId }: ChatParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<ReplyDto> {
    return asReply(await this.replies.cancel(cause, this.ids.chatOf(caller.id, sessionId)))
  }
}
