import { Controller, Get, Param } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Refused } from '../../../event-store/errors.js'
import type { ListedModel } from '../../../llm/providers.js'
import { ModelList } from '../../model-list.js'
import { OpenAiModelDto, OpenAiModelParams, OpenAiModelsDto } from './models.dto.js'

@ApiTags('openai')
@Controller('v1/models')
export class OpenAiModelsController {
  constructor(private readonly list: ModelList) {}

  @Get()
  @ApiOperation({ summary: 'The models of every configured provider' })
  @ApiOkResponse({ type: OpenAiModelsDto })
  async models(): Promise<OpenAiModelsDto> {
    return { object: 'list', data: (await this.list.read()).map(asOpenAiModel) }
  }

  @Get(':model')
  @ApiOperation({ summary: 'One model, by provider/model or by its bare name' })
  @ApiOkResponse({ type: OpenAiModelDto })
  async model(@Param() { model: name }: OpenAiModelParams): Promise<OpenAiModelDto> {
    const found = (await this.list.read()).find(({ id, provider }) => id === name || id === `${provider}/${name}`)
    if (!found) throw new Refused('unknown_model', `there is no model ${name}; GET /v1/models lists all`)
    return asOpenAiModel(found)
  }
}

/** When a provider made a model is not known here. */
const asOpenAiModel = ({ id, provider }: ListedModel): OpenAiModelDto => ({
  id,
  object: 'model',
  created: 0,
  owned_by: provider,
})
