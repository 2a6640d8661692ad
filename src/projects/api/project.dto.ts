import { Choice, Decimal, Flag, Moment, Part, Parts, Text, Whole, Words } from '../../http/fields.js'

const roles = ['system', 'user', 'assistant'] as const
const anyId = {
  min: 1,
  max: 128,
  pattern: [/^[\w.:-]+$/, 'must be made of letters, digits and . _ : -'] as [RegExp, string],
}

export class ProjectParams {
  @Text(anyId)
  id!: string
}

export class PromptParams extends ProjectParams {
  @Text(anyId)
  promptId!: string
}

export class FileParams extends ProjectParams {
  @Text(anyId)
  fileId!: string
}

export class ProjectSettingsBody {
  @Text({ min: 1, max: 200, optional: true, about: 'provider/model, or a model’s bare name', example: 'gpt-3.5-turbo' })
  model?: string

  @Decimal({ min: 0, max: 2, optional: true, example: 0.7 })
  temperature?: number

  @Whole({ min: 1, max: 1_000_000, optional: true, about: 'Of an answer', example: 1000 })
  maxTokens?: number
}

export class CreateProjectBody {
  @Text({ min: 1, max: 200, example: 'Support desk' })
  name!: string

  @Text({ max: 10_000, optional: true, example: 'Answers what customers ask' })
  description?: string

  @Part(() => ProjectSettingsBody, { optional: true })
  settings?: ProjectSettingsBody
}

export class ChangeProjectBody {
  @Text({ min: 1, max: 200, optional: true, example: 'Support desk' })
  name?: string

  @Text({ max: 10_000, optional: true })
  description?: string

  @Part(() => ProjectSettingsBody, { optional: true, about: 'What is left out stays as it is' })
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
  @Words({ about: 'provider/model', example: 'openai/gpt-3.5-turbo' })
  model!: string

  @Decimal({ example: 0.7 })
  temperature!: number

  @Whole({ example: 1000 })
  maxTokens!: number
}

export class ProjectPromptDto {
  @Words()
  id!: string

  @Choice(roles, { name: 'PromptRole' })
  role!: string

  @Words()
  content!: string

  @Moment()
  createdAt!: Date
}

export class ProjectFileDto {
  @Words()
  id!: string

  @Words({ example: 'prices.pdf' })
  filename!: string

  @Words({ about: 'What the model’s provider calls it; the id when no provider has a copy' })
  fileId!: string

  @Whole({ about: 'In bytes' })
  size!: number

  @Words({ example: 'application/pdf' })
  type!: string

  @Moment()
  uploadedAt!: Date
}

export class ProjectDto {
  @Words()
  id!: string

  @Words({ example: 'Support desk' })
  name!: string

  @Words()
  description!: string

  @Words({ about: 'The account' })
  owner!: string

  @Part(() => ProjectSettingsDto)
  settings!: ProjectSettingsDto

  @Whole()
  promptCount!: number

  @Whole()
  fileCount!: number

  @Moment()
  createdAt!: Date

  @Moment()
  updatedAt!: Date
}

export class ProjectDetailsDto extends ProjectDto {
  @Parts(() => ProjectPromptDto)
  prompts!: ProjectPromptDto[]

  @Parts(() => ProjectFileDto)
  files!: ProjectFileDto[]
}
