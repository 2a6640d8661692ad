import { AnyText, Choice, DateTime, Decimal, Flag, Id, Integer, ListOf, ObjectOf, Text } from '../../http/fields.js'

const roles = ['system', 'user', 'assistant'] as const

export class ProjectParams {
  @Id()
  id!: string
}

export class PromptParams extends ProjectParams {
  @Id()
  promptId!: string
}

export class FileParams extends ProjectParams {
  @Id()
  fileId!: string
}

export class ProjectSettingsBody {
  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'offline/echo' })
  model?: string

  @Decimal({ min: 0, max: 2, optional: true, example: 0.7 })
  temperature?: number

  @Integer({ min: 1, max: 1_000_000, optional: true, about: 'Of an answer', example: 1000 })
  maxTokens?: number
}

export class CreateProjectBody {
  @Text({ min: 1, max: 200, example: 'Support desk' })
  name!: string

  @Text({ max: 10_000, optional: true, example: 'Answers what customers ask' })
  description?: string

  @ObjectOf(() => ProjectSettingsBody, { optional: true })
  settings?: ProjectSettingsBody
}

export class ChangeProjectBody {
  @Text({ min: 1, max: 200, optional: true, example: 'Support desk' })
  name?: string

  @Text({ max: 10_000, optional: true })
  description?: string

  @ObjectOf(() => ProjectSettingsBody, { optional: true, about: 'What is left out stays as it is' })
  settings?: ProjectSettingsBody
}

export class PromptBody {
  @Choice(roles, { name: 'PromptRole', optional: true, example: 'system' })
  role: (typeof roles)[number] = 'system'

  @Text({ min: 1, max: 100_000, example: 'You are a friendly assistant.' })
  content!: string
}

export class EraseProjectQuery {
  @Flag({ optional: true, about: 'Destroy its key at once, instead of when the retention period ends' })
  erase: boolean = false
}

export class ProjectSettingsDto {
  @AnyText({ about: 'provider/model', example: 'openai/gpt-3.5-turbo' })
  model!: string

  @Decimal({ example: 0.7 })
  temperature!: number

  @Integer({ example: 1000 })
  maxTokens!: number
}

export class ProjectPromptDto {
  @AnyText()
  id!: string

  @Choice(roles, { name: 'PromptRole' })
  role!: string

  @AnyText()
  content!: string

  @DateTime()
  createdAt!: Date
}

export class ProjectFileDto {
  @AnyText()
  id!: string

  @AnyText({ example: 'prices.pdf' })
  filename!: string

  @AnyText({ about: 'What the model’s provider calls it; the id when no provider has a copy' })
  fileId!: string

  @Integer({ about: 'In bytes' })
  size!: number

  @AnyText({ about: 'Its media type', example: 'application/pdf' })
  type!: string

  @Integer({ optional: true, about: 'Length of the text that models can be given of it; missing when it has none' })
  textLength?: number

  @DateTime()
  uploadedAt!: Date
}

export class ProjectDto {
  @AnyText()
  id!: string

  @AnyText({ example: 'Support desk' })
  name!: string

  @AnyText()
  description!: string

  @AnyText({ about: 'The account' })
  owner!: string

  @ObjectOf(() => ProjectSettingsDto)
  settings!: ProjectSettingsDto

  @Integer()
  promptCount!: number

  @Integer()
  fileCount!: number

  @DateTime()
  createdAt!: Date

  @DateTime()
  updatedAt!: Date
}

export class ProjectDetailsDto extends ProjectDto {
  @ListOf(() => ProjectPromptDto)
  prompts!: ProjectPromptDto[]

  @ListOf(() => ProjectFileDto)
  files!: ProjectFileDto[]
}
