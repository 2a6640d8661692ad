import { ApiProperty } from '@nestjs/swagger'
import { Choice, Decimal, Moment, Part, Parts, Text, Whole, Words } from '../../http/fields.js'

export class ProjectionParams {
  @Text({ min: 1, max: 100, example: 'messages' })
  name!: string
}

export class SkipBody {
  @Whole({ about: 'The event at which the projection stands failed', min: 1, example: 4711 })
  position!: number

  @Text({
    about: 'Why; kept sealed in the log',
    min: 1,
    max: 1_000,
    example: 'written by a release with a bug, see ticket 12',
  })
  reason!: string
}

class LagDto {
  @Whole({ about: 'Events that it does not have yet' })
  events!: number

  @Decimal({ about: 'The age of the oldest of them; 0 when it is current' })
  seconds!: number
}

class ProjectionErrorDto {
  @Whole({ about: 'The event that it cannot take' })
  position!: number

  @Words()
  message!: string

  @Moment()
  at!: Date
}

class RebuildDto {
  @Choice(['running', 'failed', 'abandoned'], { about: 'abandoned: its process died; start it again' })
  state!: string

  @Whole()
  version!: number

  @Whole({ about: 'How far it has come' })
  position!: number

  @Part(() => ProjectionErrorDto, { optional: true })
  error?: ProjectionErrorDto
}

export class ProjectionDto {
  @Words({ example: 'messages' })
  name!: string

  @Whole({ about: 'Of the code that wrote it' })
  version!: number

  @Choice(['live', 'paused', 'failed', 'not_begun'])
  state!: string

  @Whole({ about: 'Everything up to here is in it' })
  position!: number

  @Part(() => LagDto)
  lag!: LagDto

  @Decimal({ about: 'Events a second, over the last seconds' })
  rate!: number

  @Words({ about: 'The process that projects it', optional: true })
  owner?: string

  @Part(() => ProjectionErrorDto, { optional: true })
  error?: ProjectionErrorDto

  @ApiProperty({
    description: 'Events that it leaves out because operators have said so',
    type: 'integer',
    isArray: true,
  })
  skipped!: readonly number[]

  @Part(() => RebuildDto, { about: 'Of a rebuild under way, or of one that did not end well', optional: true })
  rebuild?: RebuildDto
}

export class ProjectionsDto {
  @Parts(() => ProjectionDto)
  projections!: ProjectionDto[]
}

export class CertificateDto {
  @Words()
  id!: string

  @Words({ example: 'messages' })
  projection!: string

  @Whole()
  version!: number

  @Whole({ about: 'The last event in it' })
  position!: number

  @Whole()
  events!: number

  @Words({ about: 'The log’s Merkle root at the position' })
  root!: string

  @Words({ about: 'SHA-256 over the documents; equal for equal models' })
  digest!: string

  @ApiProperty({ description: 'Events that it leaves out', type: 'integer', isArray: true })
  skipped!: readonly number[]

  @Moment()
  at!: Date
}

export class CertificatesDto {
  @Parts(() => CertificateDto)
  certificates!: CertificateDto[]

  @Words({ optional: true })
  nextCursor?: string
}
