import { Controller, Delete, Get, Param, Post } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { ApiKeyDto, ApiKeyParams } from './account.dto.js'
import { IssueApiKey } from '../commands/issue-api-key.js'
import { RevokeApiKey } from '../commands.js'
import { type ApiKeyInfo, CredentialStore } from '../credential-store.js'

@ApiTags('accounts')
@Controller('api/users')
export class ApiKeysController {
  constructor(
    private readonly bus: Bus,
    private readonly credentials: CredentialStore,
  ) {}

  @Post('generate-api-key')
  @Refuses('key_already_shown')
  @ApiOperation({ summary: 'Make an API key: it is shown only once' })
  @Answers(201, { apiKey: 'string', id: 'string' })
  async generate(
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ apiKey: string; id: string }>> {
    const { apiKey, keyId } = await this.bus.command(new IssueApiKey(cause, caller.id))
    return answer({ apiKey, id: keyId }, 'Keep this key: it is not shown again')
  }

  @Get('api-keys')
  @ApiOperation({ summary: 'The caller’s API keys, without the keys themselves' })
  @Answers(200, { apiKeys: [ApiKeyDto] })
  async list(@CurrentCaller() caller: Caller): Promise<Answer<{ apiKeys: ApiKeyInfo[] }>> {
    return answer({ apiKeys: await this.credentials.keysOf(caller.id) })
  }

  @Delete('api-keys/:id')
  @ApiOperation({ summary: 'Delete an API key: it stops working at once' })
  @Answers(200, {})
  async revoke(
    @Param() { id }: ApiKeyParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new RevokeApiKey(cause, caller.id, id))
    return answer({}, 'API key deleted')
  }
}
