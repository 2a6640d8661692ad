import { Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common'
import { ApiBody, ApiExtension, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../../../commands/bus.js'
import type { Caller } from '../../../../commands/caller.js'
import type { Cause } from '../../../../commands/cause.js'
import { Engine } from '../../../../event-store/engine.js'
import { CurrentCaller } from '../../../../http/access.js'
import { RequestCause } from '../../../../http/cause.guard.js'
import { Refuses } from '../../../../http/openapi/problem-examples.js'
import { OpenCaps } from '../../../../http/open-caps.js'
import { BodyOf, documented } from '../../../../http/schema-body.js'
import { sseHeaders } from '../../../../http/sse.js'
import { invalidFields } from '../../../../http/validation.js'
import { DeleteMessage } from '../../../commands.js'
import { outcomeFromReadModel } from '../../../replies/ending/reply-outcome.js'
import { Replies } from '../../../replies/ending/replies.js'
import { ReplyStream } from '../../../replies/stream/reply-stream.js'
import { UnstoredTurns } from '../../../unstored-turns.js'
import { type ItemList, itemList } from '../items.dto.js'
import { itemPage } from '../item-pages.js'
import { ItemQuery } from '../item-query.js'
import { WholeAnswers } from '../whole-answers.js'
import { ResponseRequests } from './response-requests.js'
import { CompactedConversations } from './compacted-conversations.js'
import { InputTokens } from './input-tokens.js'
import { ResponsePrompts } from './response-prompts.js'
import { ResponseRendering } from './response-rendering.js'
import {
  compactBody,
  type CompactBody,
  compaction,
  type CompactionResource,
  deletedResponse,
  inputTokens,
  inputTokensBody,
  type InputTokensBody,
  response,
  responseBody,
  type ResponseBody,
  responseEvent,
  ResponseParams,
  ResponseQuery,
  type ResponseResource,
} from './responses.dto.js'
import { asResponse } from './responses.presenter.js'

const wholeOrEvents = {
  'application/json': { schema: documented(response, 'output') },
  'text/event-stream': { schema: documented(responseEvent, 'output') },
}

/** A response is a reply, in the chat that its prompt was sent to. */
@ApiTags('openai')
@Controller('v1/responses')
export class ResponsesController {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    private readonly prompts: ResponsePrompts,
    private readonly requests: ResponseRequests,
    private readonly tokens: InputTokens,
    private readonly compacting: CompactedConversations,
    private readonly answers: WholeAnswers,
    private readonly replies: Replies,
    private readonly stream: ReplyStream,
    private readonly unstored: UnstoredTurns,
    private readonly caps: OpenCaps,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask for a response; get it whole, as events, or later' })
  @ApiExtension('x-prompt', true)
  @ApiBody({ schema: documented(responseBody) })
  @ApiOkResponse({ description: 'The response; with stream its events, and [DONE] at the end', content: wholeOrEvents })
  async create(
    @BodyOf(responseBody) body: ResponseBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ResponseResource | AsyncIterable<string>> {
    const { stream = false, background = false, stream_options } = body
    if (stream_options && !stream) throw invalidFields([{ field: 'stream_options', message: 'is for streams only' }])
    if (stream) this.caps.countStream(caller.id, reply)
    const sent = await this.prompts.send(cause, caller.id, body)
    // From here on, a repeat without a key would be another prompt.
    void reply.headers({ 'x-chat-id': sent.chatId, ...(!cause.isRepeatable && { 'x-should-retry': 'false' }) })
    const asked = await this.requests.sent(sent, caller.id)
    const rendering = new ResponseRendering(asked)
    if (asked.unstored)
      this.unstored.eraseAfter(reply, { chatId: sent.chatId, ownerId: caller.id }, stream ? rendering : undefined)
    if (stream) {
      void reply.headers(sseHeaders)
      return this.stream.read(sent, rendering)
    }
    if (!background) return asResponse(asked, await this.answers.wait(cause, sent, reply))
    await this.bus.waitUntilVisible(cause, sent.position)
    return asResponse(asked, undefined, 'queued')
  }

  @Post('input_tokens')
  @HttpCode(200)
  @ApiOperation({ summary: 'How many tokens a model would be given; nothing is asked or stored' })
  @Refuses('not_found', 'provider_unavailable')
  @ApiBody({ schema: documented(inputTokensBody) })
  @ApiOkResponse({ description: 'The count', schema: documented(inputTokens, 'output') })
  async count(
    @BodyOf(inputTokensBody) body: InputTokensBody,
    @CurrentCaller() caller: Caller,
  ): Promise<{ object: 'response.input_tokens'; input_tokens: number }> {
    return { object: 'response.input_tokens', input_tokens: await this.tokens.count(caller.id, body) }
  }

  @Post('compact')
  @HttpCode(200)
  @ApiOperation({
    summary: 'One item that stands for a conversation; no model is asked, nothing is stored or left out',
  })
  @Refuses('not_found', 'provider_unavailable', 'too_large')
  @ApiBody({ schema: documented(compactBody) })
  @ApiOkResponse({ description: 'The item', schema: documented(compaction, 'output') })
  async compact(@BodyOf(compactBody) body: CompactBody, @CurrentCaller() caller: Caller): Promise<CompactionResource> {
    return await this.compacting.compact(caller.id, body)
  }

  @Get(':responseId')
  @Refuses('too_many_open')
  @ApiOperation({ summary: 'A response as it is now; with stream its events, from where you have come to' })
  @ApiOkResponse({ description: 'The response, or its events', content: wholeOrEvents })
  async read(
    @Param() { responseId }: ResponseParams,
    @Query() { stream = false, starting_after, include_obfuscation = false }: ResponseQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ResponseResource | AsyncIterable<string>> {
    if (starting_after !== undefined && !stream)
      throw invalidFields([{ field: 'starting_after', message: 'is for streams only' }])
    if (include_obfuscation) throw invalidFields([{ field: 'include_obfuscation', message: 'must be false' }])
    const doc = await this.requests.find(responseId, caller.id)
    const asked = await this.requests.of(doc)
    if (!stream) return asResponse(asked, await outcomeFromReadModel(this.engine, doc))
    this.caps.countStream(caller.id, reply)
    void reply.headers(sseHeaders)
    return this.stream.read({ ...asked, doc }, new ResponseRendering(asked, starting_after))
  }

  @Delete(':responseId')
  @ApiOperation({ summary: 'Delete an answer; what was asked stays in its chat' })
  @ApiOkResponse({ description: 'It is deleted', schema: documented(deletedResponse, 'output') })
  async remove(
    @Param() { responseId: id }: ResponseParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<{ id: string; object: 'response'; deleted: true }> {
    const { _id: replyId, sessionId: chatId, userId: ownerId } = await this.requests.find(id, caller.id)
    await this.bus.command(new DeleteMessage(cause, { chatId, ownerId }, replyId))
    return { id, object: 'response', deleted: true }
  }

  @Post(':responseId/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the answer if it is still written; what was written is kept' })
  @ApiOkResponse({ description: 'The response', schema: documented(response, 'output') })
  async cancel(
    @Param() { responseId }: ResponseParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<ResponseResource> {
    const { _id: replyId, sessionId: chatId, userId: ownerId } = await this.requests.find(responseId, caller.id)
    await this.replies.cancelReply(cause, { chatId, ownerId }, replyId)
    const doc = await this.requests.find(responseId, caller.id)
    return asResponse(await this.requests.of(doc), await outcomeFromReadModel(this.engine, doc))
  }

  @Get(':responseId/input_items')
  @ApiOperation({
    summary: 'What came to the model with a response first: all after the answer before it',
  })
  @ApiOkResponse({ description: 'The items', schema: documented(itemList, 'output') })
  async inputItems(
    @Param() { responseId }: ResponseParams,
    @Query() query: ItemQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ItemList> {
    const { _id: replyId, sessionId: chatId, userId: ownerId } = await this.requests.find(responseId, caller.id)
    return await itemPage(this.bus, { chatId, ownerId }, query, replyId)
  }
}
