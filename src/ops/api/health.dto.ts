import { ApiProperty } from '@nestjs/swagger'
import { Choice, Decimal, Flag, DateTime, ListOf, Integer, AnyText } from '../../http/fields.js'

export class AliveDto {
  @Choice(['OK'])
  status!: string

  @DateTime({ about: 'Now' })
  timestamp!: string

  @Integer({ about: 'Seconds since the process began' })
  uptime!: number

  @ApiProperty({
    description: 'What this process does',
    isArray: true,
    type: String,
    example: ['api', 'worker', 'projector'],
  })
  roles!: readonly string[]
}

class ReadModelDto {
  @AnyText({ about: 'The name of the read model', example: 'messages' })
  name!: string

  @Choice(['live', 'paused', 'failed', 'not_begun'])
  state!: string

  @Integer({ about: 'Events that it does not have yet' })
  behind!: number

  @Decimal({ about: 'The age of the oldest of them' })
  seconds!: number
}

export class ReadyDto {
  @Choice(['OK'])
  status!: string

  @DateTime({ about: 'Now' })
  timestamp!: string

  @Flag({ about: 'Whether MongoDB answers' })
  mongodb!: boolean

  @Flag({ about: 'Whether Redis answers' })
  redis!: boolean

  @ListOf(() => ReadModelDto)
  projections!: ReadModelDto[]
}
