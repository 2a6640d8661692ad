import { AnyText, Integer, ListOf, Text } from '../../../http/fields.js'

export class OpenAiModelParams {
  @Text({ min: 1, max: 200, about: 'provider/model, with its slash as %2F, or a model’s bare name', example: 'echo' })
  model!: string
}

export class OpenAiModelDto {
  @AnyText({ about: 'provider/model', example: 'offline/echo' })
  id!: string

  @AnyText({ about: 'Always model', example: 'model' })
  object!: 'model'

  @Integer({ about: 'Always 0: it is not known' })
  created!: number

  @AnyText({ about: 'The provider', example: 'offline' })
  owned_by!: string
}

export class OpenAiModelsDto {
  @AnyText({ about: 'Always list', example: 'list' })
  object!: 'list'

  @ListOf(() => OpenAiModelDto, { about: 'All models' })
  data!: OpenAiModelDto[]
}
