import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { CurrentCaller, NeedsRole } from '../../http/access.js'
import { RequestCause } from '../../http/cause.guard.js'
import { invalidFields } from '../../http/validation.js'
import { EndLogins, LockAccount, UnlockAccount } from '../commands/administer-account.js'
import { AccountList } from '../read-models/account-list.js'
import { UserParams } from './account.dto.js'
import { AccountsQuery, ListedAccountDto, ListedAccountsDto } from './accounts.dto.js'

/** What admins may do with accounts, beside their roles. */
@ApiTags('operations')
@NeedsRole('admin')
@Controller('ops/users')
export class AccountsController {
  constructor(
    private readonly bus: Bus,
    private readonly accounts: AccountList,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The accounts, or those with an email address, a user name or a role' })
  @ApiOkResponse({ type: ListedAccountsDto })
  async list(@Query() { limit, cursor, ...filter }: AccountsQuery): Promise<ListedAccountsDto> {
    const { items, nextCursor } = await this.accounts.page({ limit, cursor }, filter)
    return { accounts: items, nextCursor }
  }

  @Get(':userId')
  @ApiOperation({ summary: 'One account' })
  @ApiOkResponse({ type: ListedAccountDto })
  see(@Param() { userId }: UserParams): Promise<ListedAccountDto> {
    return this.accounts.get(userId)
  }

  @Post(':userId/lock')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Lock an account: its logins and API keys stop working at once. Nobody locks themselves out',
  })
  @ApiOkResponse({ type: ListedAccountDto })
  async lock(
    @Param() { userId }: UserParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<ListedAccountDto> {
    if (userId === caller.id)
      throw invalidFields([{ field: 'userId', message: 'is your own: another admin may lock it' }])
    await this.bus.command(new LockAccount(cause, userId))
    return await this.accounts.get(userId)
  }

  @Post(':userId/unlock')
  @HttpCode(200)
  @ApiOperation({ summary: 'Unlock an account: its logins and API keys work again' })
  @ApiOkResponse({ type: ListedAccountDto })
  async unlock(@Param() { userId }: UserParams, @RequestCause() cause: Cause): Promise<ListedAccountDto> {
    await this.bus.command(new UnlockAccount(cause, userId))
    return await this.accounts.get(userId)
  }

  @Post(':userId/end-logins')
  @HttpCode(200)
  @ApiOperation({ summary: 'End all logins of an account; its API keys and its password stay valid' })
  @ApiOkResponse({ type: ListedAccountDto })
  async endLogins(@Param() { userId }: UserParams, @RequestCause() cause: Cause): Promise<ListedAccountDto> {
    await this.bus.command(new EndLogins(cause, userId))
    return await this.accounts.get(userId)
  }
}
