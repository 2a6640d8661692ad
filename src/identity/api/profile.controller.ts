import { Body, Controller, Delete, Get, Post, Put } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { CountsAsGuess } from '../../http/limits.guard.js'
import { NeedsScope } from '../../http/scopes.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { definedFields } from '../../commands/defined-fields.js'
import { whenErasureIsFinal } from '../../commands/key-erasures.js'
import { AccountDto, PasswordBody, ProfileBody } from './account.dto.js'
import { ChangePassword } from '../commands/change-password.js'
import { ChangeProfile } from '../commands/change-profile.js'
import { EraseAccount } from '../commands.js'
import { PasswordLogin } from '../password-login.js'
import { type Account, UserProfiles } from '../read-models/user-profiles.js'

@ApiTags('accounts')
@Controller('api')
export class ProfileController {
  constructor(
    private readonly bus: Bus,
    private readonly profiles: UserProfiles,
    private readonly passwordLogin: PasswordLogin,
  ) {}

  @Get(['auth/profile', 'users/profile'])
  @ApiOperation({ summary: 'The caller’s own account' })
  @Answers(200, { user: AccountDto })
  async profile(@CurrentCaller() caller: Caller): Promise<Answer<{ user: Account }>> {
    return answer({ user: await this.profiles.get(caller.id) })
  }

  @Put('users/profile')
  @NeedsScope('account')
  @Refuses('user_exists', 'username_taken')
  @ApiOperation({ summary: 'Change name, user name or email address' })
  @Answers(200, { user: AccountDto })
  async change(
    @Body() changes: ProfileBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ user: Account }>> {
    await this.bus.command(new ChangeProfile(cause, caller.id, definedFields(changes)))
    return answer({ user: await this.profiles.get(caller.id) }, 'Profile updated')
  }

  @Post('users/password')
  @NeedsScope('account')
  @CountsAsGuess()
  @Refuses('wrong_credentials')
  @ApiOperation({ summary: 'Change the password; every other login ends, and API keys do if that is asked for' })
  @Answers(200, { token: 'string' })
  async password(
    @Body() body: PasswordBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ token: string }>> {
    await this.bus.command(new ChangePassword(cause, caller, body.currentPassword, body.newPassword, body.endApiKeys))
    return answer(
      { token: await this.passwordLogin.newToken(caller.id) },
      `Password changed; all other logins${body.endApiKeys ? ' and all API keys' : ''} have ended`,
    )
  }

  @Delete('users/profile')
  @NeedsScope('account')
  @ApiOperation({ summary: 'Erase the account and everything in it, for good', description: whenErasureIsFinal })
  @Answers(200, {})
  async erase(@CurrentCaller() caller: Caller, @RequestCause() cause: Cause): Promise<Answer<object>> {
    await this.bus.command(new EraseAccount(cause, caller.id))
    return answer({}, `Account erased. ${whenErasureIsFinal}`)
  }
}
