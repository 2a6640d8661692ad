import { Body, Controller, Param, Put } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { AccountDto, RoleBody, UserParams } from './account.dto.js'
import { GrantRole } from '../commands.js'
import { type Account, UserProfiles } from '../read-models/user-profiles.js'

@ApiTags('accounts')
@Controller(['ops/users/:userId/role', 'api/users/:userId/role'])
export class RolesController {
  constructor(
    private readonly bus: Bus,
    private readonly profiles: UserProfiles,
  ) {}

  @Put()
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Give an account another role; it counts from its next request on' })
  @Answers(200, { user: AccountDto })
  async grant(
    @Param() { userId }: UserParams,
    @Body() { role }: RoleBody,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ user: Account }>> {
    await this.bus.command(new GrantRole(cause, userId, role))
    return answer({ user: await this.profiles.get(userId) }, `The account is ${role} now`)
  }
}
