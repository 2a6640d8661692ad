import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { definedFields } from '../../commands/defined-fields.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { NeedsScope } from '../../http/scopes.js'
import { ApiKeyBody, ApiKeyDto, ApiKeyParams } from './account.dto.js'
import { type ApiKeyInfo, ApiKeyList } from '../api-key-list.js'
import { IssueApiKey } from '../commands/issue-api-key.js'
import { RevokeApiKey } from '../commands.js'

@ApiTags('accounts')
@Controller('api/users')
export class ApiKeysController {
  constructor(
    private readonly bus: Bus,
    private readonly keys: ApiKeyList,
  ) {}

  @Post('generate-api-key')
  @NeedsScope('keys')
  @Refuses('key_already_shown')
  @ApiOperation({ summary: 'Make an API key: it is shown only once' })
  @Answers(201, { apiKey: 'string', id: 'string' })
  async generate(
    @Body() { name, scopes, expiresAt }: ApiKeyBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ apiKey: string; id: string }>> {
    const expires = expiresAt === undefined ? undefined : new Date(expiresAt)
    const wanted = definedFields({ name, scopes, expires })
    const { apiKey, keyId } = await this.bus.command(new IssueApiKey(cause, caller, wanted))
    return answer({ apiKey, id: keyId }, 'Keep this key: it is not shown again')
  }

  @Get('api-keys')
  @ApiOperation({ summary: 'The caller’s API keys, without the keys themselves' })
  @Answers(200, { apiKeys: [ApiKeyDto] })
  async list(@CurrentCaller() caller: Caller): Promise<Answer<{ apiKeys: ApiKeyInfo[] }>> {
    return answer({ apiKeys: await this.keys.of(caller.id) })
  }

  @Delete('api-keys/:id')
  @NeedsScope('keys')
  @ApiOperation({ summary: 'Delete an API key: it stops working at once' })
  @Answers(200, {})
  async revoke(
    @Param() { id }: ApiKeyParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new RevokeApiKey(cause, caller.id, await this.keys.idOf(caller.id, id)))
    return answer({}, 'API key deleted')
  }
}
