import { ApiProperty } from '@nestjs/swagger'
import { Choice, Decimal, Flag, Moment, Parts, Whole, Words } from '../../http/fields.js'

export class AliveDto {
  @Choice(['OK'])
  status!: string

  @Moment()
  timestamp!: string

  @Whole({ about: 'Seconds since the process began' })
  uptime!: number

  @ApiProperty({ isArray: true, type: String, example: ['api', 'worker', 'projector'] })
  roles!: readonly string[]
}

class ReadModelDto {
  @Words({ example: 'messages' })
  name!: string

  @Choice(['live', 'paused', 'failed', 'not_begun'])
  state!: string

  @Whole({ about: 'Events that it does not have yet' })
  behind!: number

  @Decimal({ about: 'The age of the oldest of them' })
  seconds!: number
}

export class ReadyDto {
  @Choice(['OK'])
  status!: string

  @Moment()
  timestamp!: string

  @Flag()
  mongodb!: boolean

  @Flag()
  redis!: boolean

  @Parts(() => ReadModelDto)
  projections!: ReadModelDto[]
}
