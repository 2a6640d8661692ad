import { ApiProperty } from '@nestjs/swagger'
import { Choice, Decimal, DateTime, ObjectOf, ListOf, Text, Integer, AnyText, AnyTexts } from '../../http/fields.js'

export class ProjectionParams {
  @Text({ min: 1, max: 100, about: 'The name of the read model', example: 'messages' })
  name!: string
}

export class SkipBody {
  @Integer({ about: 'The event at which the projection has failed', min: 1, example: 4711 })
  position!: number

  @Text({
    about: 'The reason; stored sealed in the log',
    min: 1,
    max: 1_000,
    example: 'written by a release with a bug, see ticket 12',
  })
  reason!: string
}

class LagDto {
  @Integer({ about: 'Events that it does not have yet' })
  events!: number

  @Decimal({ about: 'The age of the oldest of them; 0 when it is current' })
  seconds!: number
}

class ProjectionErrorDto {
  @Integer({ about: 'The event at which it failed' })
  position!: number

  @AnyText({ about: 'What went wrong' })
  message!: string

  @DateTime()
  at!: Date
}

class RebuildDto {
  @Choice(['running', 'failed', 'abandoned'], { about: 'abandoned: its process died; start it again' })
  state!: string

  @Integer({ about: 'The version of the code that writes it' })
  version!: number

  @Integer({ about: 'The last event in it so far' })
  position!: number

  @ObjectOf(() => ProjectionErrorDto, { optional: true })
  error?: ProjectionErrorDto
}

export class ProjectionDto {
  @AnyText({ about: 'The name of the read model', example: 'messages' })
  name!: string

  @Integer({ about: 'The version of the code that wrote it' })
  version!: number

  @Choice(['live', 'paused', 'failed', 'not_begun'])
  state!: string

  @Integer({ about: 'The last event in it' })
  position!: number

  @ObjectOf(() => LagDto)
  lag!: LagDto

  @Decimal({ about: 'Events a second, over the last seconds' })
  rate!: number

  @AnyText({ about: 'The process that projects it', optional: true })
  owner?: string

  @ObjectOf(() => ProjectionErrorDto, { optional: true })
  error?: ProjectionErrorDto

  @ApiProperty({
    description: 'Events that it leaves out, as operators decided',
    type: 'integer',
    isArray: true,
  })
  skipped!: readonly number[]

  @ObjectOf(() => RebuildDto, {
    about: 'A rebuild that is running, or the last one if it did not succeed',
    optional: true,
  })
  rebuild?: RebuildDto
}

export class ProjectionsDto {
  @ListOf(() => ProjectionDto)
  projections!: ProjectionDto[]
}

class ReplacedModelDto {
  @Integer({ about: 'Documents that were not what the log says' })
  differing!: number

  @AnyTexts({ about: 'The ids of the first ones' })
  ids!: readonly string[]
}

export class CertificateDto {
  @AnyText()
  id!: string

  @AnyText({ example: 'messages' })
  projection!: string

  @Integer({ about: 'The version of the code that wrote it' })
  version!: number

  @Integer({ about: 'The last event in it' })
  position!: number

  @Integer({ about: 'How many events it was folded from' })
  events!: number

  @AnyText({ about: 'The log’s Merkle root at the position' })
  root!: string

  @AnyText({ about: 'SHA-256 over the documents; equal for equal models' })
  digest!: string

  @ApiProperty({ description: 'Events that it leaves out', type: 'integer', isArray: true })
  skipped!: readonly number[]

  @ObjectOf(() => ReplacedModelDto, {
    about: 'The model that it replaced, compared at one position; absent if that was not possible',
    optional: true,
  })
  live?: ReplacedModelDto

  @DateTime()
  at!: Date
}

export class CertificatesDto {
  @ListOf(() => CertificateDto)
  certificates!: CertificateDto[]

  @AnyText({ optional: true })
  nextCursor?: string
}
