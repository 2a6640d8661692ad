import { Body, Controller, Post } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../http/api-family.js'
import { Bus } from '../http/bus.js'
import { By, type Caller, NeedsNoAccount } from '../http/caller.js'
import { Because, type Cause } from '../http/cause.js'
import { AccountDto, LoginBody, RegisterBody } from './account.dto.js'
import { LogOut } from './commands/log-out.js'
import { RegisterUser } from './commands/register-user.js'
import { Logins } from './logins.js'
import { type Account, UserProfiles } from './user-profiles.js'

interface LoggedIn {
  user: Account
  token: string
}

@ApiTags('accounts')
@Controller('api')
export class AuthController {
  constructor(
    private readonly bus: Bus,
    private readonly logins: Logins,
    private readonly profiles: UserProfiles,
  ) {}

  @Post(['auth/register', 'users/register'])
  @NeedsNoAccount()
  @ApiOperation({ summary: 'Register an account' })
  @Answers(201, { user: AccountDto, token: 'string' })
  async register(@Body() { password, ...profile }: RegisterBody, @Because() cause: Cause): Promise<Answer<LoggedIn>> {
    const { userId } = await this.bus.command(new RegisterUser(cause, profile, password))
    return answer(await this.loggedIn(userId, await this.logins.tokenFor(userId)), 'User registered successfully')
  }

  @Post(['auth/login', 'users/login'])
  @NeedsNoAccount()
  @ApiOperation({ summary: 'Log in: gives a token to send as a bearer' })
  @Answers(200, { user: AccountDto, token: 'string' })
  async login(@Body() { email, password }: LoginBody): Promise<Answer<LoggedIn>> {
    const { userId, token } = await this.logins.logIn(email, password)
    return answer(await this.loggedIn(userId, token), 'Login successful')
  }

  @Post(['auth/logout', 'users/logout'])
  @ApiOperation({ summary: 'Log out: the token is no longer good' })
  @Answers(200, {})
  async logout(@By() caller: Caller, @Because() cause: Cause): Promise<Answer<object>> {
    if (caller.session) await this.bus.command(new LogOut(cause, caller.id, caller.session))
    return answer({}, caller.session ? 'Logged out' : 'An API key has no login to end; delete the key instead')
  }

  private async loggedIn(userId: string, token: string): Promise<LoggedIn> {
    return { user: await this.profiles.mustBe(userId), token }
  }
}
