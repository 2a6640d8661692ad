import { Body, Controller, Post } from '@nestjs/common'
import { ApiForbiddenResponse, ApiOperation, ApiTags, ApiUnauthorizedResponse } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller, NeedsNoAccount } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { CountsAsGuess } from '../../http/limits.guard.js'
import { NeedsScope } from '../../http/scopes.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { definedFields } from '../../commands/defined-fields.js'
import { AccountDto, LoginBody, RegisterBody } from './account.dto.js'
import { LogOut } from '../commands.js'
import { RegisterUser } from '../commands/register-user.js'
import { PasswordLogin } from '../password-login.js'
import type { Profile } from '../user.js'
import { type Account, UserProfiles } from '../read-models/user-profiles.js'

interface LoginAnswer {
  user: Account
  token: string
}

/** Shown if the read model is late: a registration that is in the log has succeeded. */
const newAccount = (id: string, profile: Profile): Account => ({
  id,
  role: 'user',
  createdAt: new Date(),
  totalTokensUsed: 0,
  feedbackCount: 0,
  ...definedFields(profile),
})

@ApiTags('accounts')
@Controller('api')
export class AuthController {
  constructor(
    private readonly bus: Bus,
    private readonly passwordLogin: PasswordLogin,
    private readonly profiles: UserProfiles,
  ) {}

  @Post(['auth/register', 'users/register'])
  @NeedsNoAccount()
  @CountsAsGuess()
  @Refuses('user_exists', 'username_taken', 'wrong_credentials')
  @ApiOperation({ summary: 'Register an account' })
  @ApiUnauthorizedResponse({ description: 'A repeat, and the password has been changed since' })
  @Answers(201, { user: AccountDto, token: 'string' })
  async register(
    @Body() { password, ...profile }: RegisterBody,
    @RequestCause() cause: Cause,
  ): Promise<Answer<LoginAnswer>> {
    const { userId } = await this.bus.command(new RegisterUser(cause, profile, password))
    const token = await this.passwordLogin.newToken(userId)
    return answer(
      { user: (await this.profiles.find(userId)) ?? newAccount(userId, profile), token },
      'User registered successfully',
    )
  }

  @Post(['auth/login', 'users/login'])
  @NeedsNoAccount()
  @CountsAsGuess()
  @Refuses('wrong_credentials')
  @ApiOperation({ summary: 'Log in: the answer has a token to send as a bearer token' })
  @ApiForbiddenResponse({ description: 'An admin has locked the account' })
  @ApiUnauthorizedResponse({ description: 'No account has this email address and password' })
  @Answers(200, { user: AccountDto, token: 'string' })
  async login(@Body() { email, password }: LoginBody): Promise<Answer<LoginAnswer>> {
    const { userId, token } = await this.passwordLogin.logIn(email, password)
    return answer({ user: await this.profiles.get(userId), token }, 'Login successful')
  }

  @Post(['auth/logout', 'users/logout'])
  @NeedsScope('account')
  @ApiOperation({ summary: 'Log out: the token is not valid any more' })
  @Answers(200, {})
  async logout(@CurrentCaller() caller: Caller, @RequestCause() cause: Cause): Promise<Answer<object>> {
    if (caller.session) await this.bus.command(new LogOut(cause, caller.id, caller.session))
    return answer({}, caller.session ? 'Logged out' : 'An API key has no login to end; delete the key instead')
  }
}
