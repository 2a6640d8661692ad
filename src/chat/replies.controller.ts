import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../http/bus.js'
import { By, type Caller } from '../http/caller.js'
import { Because, type Cause } from '../http/cause.js'
import { given } from '../http/given.js'
import { CountsAsPrompt } from '../http/limits.guard.js'
import { sseHeaders, wantsEvents } from '../http/sse.js'
import { AnswerDto, ChatParams, PendingDto, ReplyDto, ReplyParams, SendBody } from './chat.dto.js'
import { ChatIds } from './chat-ids.js'
import { SendPrompt } from './commands/send-prompt.js'
import { FindMessage } from './queries/find-message.js'
import { Cancelling } from './replies/cancelling.js'
import { Replies } from './replies/replies.js'
import { ReplyStream } from './replies/reply-stream.js'

type Streamed = AsyncIterable<string>

/** Prompts and what becomes of them. */
@ApiTags('prompts')
@Controller('chat')
export class RepliesController {
  constructor(
    private readonly bus: Bus,
    private readonly ids: ChatIds,
    private readonly replies: Replies,
    private readonly stream: ReplyStream,
    private readonly cancelling: Cancelling,
  ) {}

  @Post(':sessionId/send')
  @HttpCode(200)
  @CountsAsPrompt()
  @ApiOperation({ summary: 'Send a prompt and get the answer: whole, as a stream of events, or later' })
  @ApiProduces('application/json', 'text/event-stream')
  @ApiOkResponse({ type: AnswerDto })
  @ApiResponse({ status: 202, type: PendingDto, description: 'Not answered yet: look where Location says' })
  async send(
    @Param() { sessionId }: ChatParams,
    @Body() { text, model, settings }: SendBody,
    @By() caller: Caller,
    @Because() cause: Cause,
    @Headers() headers: Record<string, string | undefined>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AnswerDto | PendingDto | Streamed> {
    const chat = { chatId: this.ids.of(caller.id, sessionId), ownerId: caller.id }
    const sent = await this.bus.command(new SendPrompt(cause, chat, text, model, given(settings ?? {})))
    if (wantsEvents(headers.accept)) {
      void reply.headers(sseHeaders)
      return this.stream.events(sent, headers['last-event-id'])
    }
    const answer = cause.isAsync ? undefined : await this.replies.answer(cause, sent)
    if (answer) return answer
    void reply.status(202).header('location', `/chat/replies/${sent.replyId}`)
    return { promptId: sent.promptId, messageId: sent.replyId, status: 'pending' }
  }

  @Get('replies/:replyId')
  @ApiOperation({ summary: 'An answer, or how far it has come' })
  @ApiOkResponse({ type: ReplyDto })
  async reply(@Param() { replyId }: ReplyParams, @By() caller: Caller): Promise<ReplyDto> {
    return await this.replies.read(await this.bus.query(new FindMessage(replyId, caller.id)))
  }

  @Get('replies/:replyId/stream')
  @ApiOperation({ summary: 'An answer as a stream of events; Last-Event-ID goes on where a stream was cut' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' }, description: 'start, delta, reset, done, failed, cancelled' })
  async events(
    @Param() { replyId }: ReplyParams,
    @By() caller: Caller,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Streamed> {
    const doc = this.replies.isReply(await this.bus.query(new FindMessage(replyId, caller.id)))
    void reply.headers(sseHeaders)
    return this.stream.events({ chatId: doc.chatId, promptId: doc.promptId, replyId, doc }, lastEventId)
  }

  @Post(':sessionId/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the answer that is being written; what was written is kept' })
  @ApiOkResponse({ type: ReplyDto })
  async cancel(@Param() { sessionId }: ChatParams, @By() caller: Caller, @Because() cause: Cause): Promise<ReplyDto> {
    return await this.replies.cancel(cause, { chatId: this.ids.of(caller.id, sessionId), ownerId: caller.id })
  }
}
