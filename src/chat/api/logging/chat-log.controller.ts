import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../../http/answers.js'
import { Bus } from '../../../commands/bus.js'
import type { Caller } from '../../../commands/caller.js'
import { CurrentCaller } from '../../../http/access.js'
import type { Cause } from '../../../commands/cause.js'
import { Refuses } from '../../../http/openapi/problem-examples.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { definedFields } from '../../../commands/defined-fields.js'
import { PageQuery } from '../../../http/pages.js'
import { EraseQuery } from '../chat.dto.js'
import { ChatIds } from '../../chat-ids.js'
import {
  LoggedChatBody,
  LoggedChatDetailsDto,
  LoggedChatDto,
  LoggedChatParams,
  LoggedMessageDto,
  MessageSearchQuery,
  SearchQuery,
} from './chat-log.dto.js'
import { ChangeChat } from '../../commands.js'
import { DeleteChat } from '../../commands/delete-chat.js'
import { StartChat } from '../../commands/start-chat.js'
import { asLoggedChat, asLoggedMessage } from './chat-log.presenter.js'
import { GetChat, ListChats } from '../../read-models/chat-queries.js'
import { ListMessages } from '../../read-models/message-queries.js'
import { SearchMessages } from '../../read-models/search-messages.js'
import { SearchChats } from '../../read-models/search-chats.js'

const newest = Object.assign(new PageQuery(), { limit: 50 })

/** Chats in the logging family, which the realtime family shares. */
@ApiTags('chats')
@Controller(['api/chats', 'api/ai/chats'])
export class ChatLogController {
  constructor(
    private readonly bus: Bus,
    private readonly ids: ChatIds,
  ) {}

  @Post()
  @Refuses('account_full')
  @ApiOperation({ summary: 'Start a chat' })
  @Answers(201, { chat: LoggedChatDto })
  async start(
    @Body() body: LoggedChatBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ chat: LoggedChatDto }>> {
    const { chatId } = await this.bus.command(new StartChat(cause, caller.id, definedFields(body)))
    return answer(
      { chat: asLoggedChat(await this.bus.query(new GetChat({ chatId, ownerId: caller.id }))) },
      'Chat created',
    )
  }

  @Get()
  @ApiOperation({ summary: 'The caller’s chats, newest first' })
  @Answers(200, { chats: [LoggedChatDto], nextCursor: 'string' }, ['nextCursor'])
  async list(
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ chats: LoggedChatDto[]; nextCursor?: string }>> {
    const { items, nextCursor } = await this.bus.query(new ListChats(caller.id, page))
    return answer({ chats: items.map(asLoggedChat), nextCursor })
  }

  @Get('search')
  @ApiOperation({ summary: 'The caller’s chats by any part of the title, and by tags' })
  @Answers(200, { chats: [LoggedChatDto], nextCursor: 'string' }, ['nextCursor'])
  async search(
    @Query() { q = '', tags = '', ...page }: SearchQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ chats: LoggedChatDto[]; nextCursor?: string }>> {
    const wanted = tags
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean)
    const { items, nextCursor } = await this.bus.query(new SearchChats(caller.id, q, wanted, page))
    return answer({ chats: items.map(asLoggedChat), nextCursor })
  }

  @Get('search/messages')
  @ApiOperation({ summary: 'The caller’s messages by the words in them, newest first' })
  @Answers(200, { messages: [LoggedMessageDto], nextCursor: 'string' }, ['nextCursor'])
  async searchMessages(
    @Query() { q, ...page }: MessageSearchQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ messages: LoggedMessageDto[]; nextCursor?: string }>> {
    const { items, nextCursor } = await this.bus.query(new SearchMessages(caller.id, q, page))
    return answer({ messages: items.map(asLoggedMessage), nextCursor })
  }

  @Get(':chatId')
  @ApiOperation({ summary: 'A chat with its newest messages' })
  @Answers(200, { chat: LoggedChatDetailsDto })
  async details(
    @Param() { chatId: name }: LoggedChatParams,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ chat: LoggedChatDetailsDto }>> {
    const chat = this.ids.chatOf(caller.id, name)
    const shown = asLoggedChat(await this.bus.query(new GetChat(chat)))
    const { items } = await this.bus.query(new ListMessages(chat, newest, 'newest first'))
    return answer({ chat: Object.assign(shown, { messages: items.toReversed().map(asLoggedMessage) }) })
  }

  @Put(':chatId')
  @ApiOperation({ summary: 'Change title, tags or metadata; fields that are left out stay' })
  @Answers(200, { chat: LoggedChatDto })
  async change(
    @Param() { chatId: name }: LoggedChatParams,
    @Body() body: LoggedChatBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ chat: LoggedChatDto }>> {
    const chat = this.ids.chatOf(caller.id, name)
    await this.bus.command(new ChangeChat(cause, chat, definedFields(body)))
    return answer({ chat: asLoggedChat(await this.bus.query(new GetChat(chat))) }, 'Chat updated')
  }

  @Delete(':chatId')
  @ApiOperation({
    summary: 'Delete a chat and its messages; with ?erase=true nobody can ever read it again',
  })
  @Answers(200, {})
  async delete(
    @Param() { chatId: name }: LoggedChatParams,
    @Query() { erase }: EraseQuery,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new DeleteChat(cause, this.ids.chatOf(caller.id, name), erase))
    return answer({}, 'Chat deleted')
  }
}
