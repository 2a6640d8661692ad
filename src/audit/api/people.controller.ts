import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { NeedsRole } from '../../http/access.js'
import { RequestCause } from '../../http/cause.guard.js'
import { FindAccounts } from '../people/find-accounts.js'
import { ListChatsOf } from '../people/list-chats-of.js'
import { AuditedUserParams } from './history.dto.js'
import { ChatsOfDto, ChatsOfQuery, FoundAccountDto, FoundAccountsDto, OpenQuery, PeopleQuery } from './people.dto.js'

/** Finding people and what they have, for auditors. Each request leaves one event as evidence. */
@ApiTags('audit')
@NeedsRole('auditor', 'admin')
@Controller('audit/accounts')
export class PeopleController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({ summary: 'The accounts, or those with an email address, a user name or a role' })
  @ApiOkResponse({ type: FoundAccountsDto })
  async find(
    @Query() { limit, cursor, open, ...wanted }: PeopleQuery,
    @RequestCause() cause: Cause,
  ): Promise<FoundAccountsDto> {
    const { items, nextCursor } = await this.bus.query(new FindAccounts(cause, wanted, { limit, cursor }, open))
    return { accounts: items, nextCursor }
  }

  @Get(':userId')
  @ApiOperation({ summary: 'One account' })
  @ApiOkResponse({ type: FoundAccountDto })
  async see(
    @Param() { userId: id }: AuditedUserParams,
    @Query() { open }: OpenQuery,
    @RequestCause() cause: Cause,
  ): Promise<FoundAccountDto> {
    const { items } = await this.bus.query(new FindAccounts(cause, { id }, { limit: 1 }, open))
    return items[0]!
  }

  @Get(':userId/chats')
  @ApiOperation({ summary: 'The chats of an account or a guest: those that it has, or those that it has deleted' })
  @ApiOkResponse({ type: ChatsOfDto })
  async chats(
    @Param() { userId }: AuditedUserParams,
    @Query() { status, open, ...page }: ChatsOfQuery,
    @RequestCause() cause: Cause,
  ): Promise<ChatsOfDto> {
    const { items, nextCursor } = await this.bus.query(new ListChatsOf(cause, userId, status, page, open))
    return { chats: items, nextCursor }
  }
}
