import { Controller, Get, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { CONFIG, type SettledConfig } from '../config.js'
import { Refused } from '../event-store/errors.js'
import { NeedsNoAccount } from '../http/caller.js'
import { Choice, Flag, Moment, Whole } from '../http/fields.js'
import { Unlimited } from '../http/limits.guard.js'
import { answersInTime } from './answers-in-time.js'

class AliveDto {
  @Choice(['OK'])
  status!: string

  @Moment()
  timestamp!: string

  @Whole({ about: 'Seconds since the process began' })
  uptime!: number

  @ApiProperty({ isArray: true, type: String, example: ['api', 'worker', 'projector'] })
  roles!: readonly string[]
}

class ReadyDto {
  @Choice(['OK'])
  status!: string

  @Moment()
  timestamp!: string

  @Flag()
  mongodb!: boolean

  @Flag()
  redis!: boolean
}

@ApiTags('operations')
@NeedsNoAccount()
@Unlimited()
@Controller('health')
export class HealthController {
  constructor(
    private readonly mongo: MongoClient,
    private readonly redis: Redis,
    @Inject(CONFIG) private readonly config: Pick<SettledConfig, 'roles'>,
  ) {}

  /** Whoever restarts the process when this fails should not do so because a database is away. */
  @Get()
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse({ type: AliveDto })
  alive(): AliveDto {
    const uptime = Math.round(process.uptime())
    return { status: 'OK', timestamp: new Date().toISOString(), uptime, roles: this.config.roles }
  }

  /** What is missing is named, and no traffic should come until it is back. */
  @Get('ready')
  @ApiOperation({ summary: 'The process can do its work' })
  @ApiOkResponse({ type: ReadyDto })
  async ready(): Promise<ReadyDto> {
    const [mongodb, redis] = await Promise.all([
      answersInTime(() => this.mongo.db('admin').command({ ping: 1 })),
      answersInTime(() => this.redis.ping()),
    ])
    if (mongodb && redis) return { status: 'OK', timestamp: new Date().toISOString(), mongodb, redis }
    const missing = [mongodb ? [] : ['MongoDB'], redis ? [] : ['Redis']].flat()
    throw new Refused('not_ready', `no answer from ${missing.join(' and ')}`, { missing })
  }
}
