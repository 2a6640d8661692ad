import { Controller, Get, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Engine } from '../event-store/engine.js'
import { Refused } from '../event-store/errors.js'
import type { ProjectionStatus } from '../event-store/projecting/projection-status.js'
import { NeedsNoAccount } from '../http/access.js'
import { Choice, Decimal, Flag, Moment, Parts, Whole, Words } from '../http/fields.js'
import { Drain } from '../commands/drain.js'
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

class ReadyDto {
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

@ApiTags('operations')
@NeedsNoAccount()
@Unlimited()
@Controller('health')
export class HealthController {
  constructor(
    private readonly mongo: MongoClient,
    private readonly redis: Redis,
    private readonly engine: Engine,
    private readonly drain: Drain,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles' | 'readyMaxLagMs'>,
  ) {}

  /** Whoever restarts the process when this fails should not do so because a database is away. */
  @Get()
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse({ type: AliveDto })
  alive(): AliveDto {
    const uptime = Math.round(process.uptime())
    return { status: 'OK', timestamp: new Date().toISOString(), uptime, roles: this.config.roles }
  }

  /**
   * What is missing is named, and no traffic should come until it is back.
   *
   * A read model that goes on but is far behind counts as missing: new processes would answer with what is long past,
   * and wait in vain for what they write. One that was paused or has failed does not: everybody has it so, taking
   * every process out would turn the loss of one list into the loss of everything, and an operator has to look at it
   * in any case. It is told here and in the metrics, for alerts.
   */
  @Get('ready')
  @ApiOperation({ summary: 'The process can do its work' })
  @ApiOkResponse({ type: ReadyDto })
  async ready(): Promise<ReadyDto> {
    if (this.drain.announced.aborted)
      throw new Refused('not_ready', 'this process is about to end; others go on', { missing: [] })
    let statuses: readonly ProjectionStatus[] = []
    const look = async () => {
      statuses = await this.engine.projections.statuses()
    }
    const [mongodb, redis, isKnown] = await Promise.all([
      answersInTime(() => this.mongo.db('admin').command({ ping: 1 })),
      answersInTime(() => this.redis.ping()),
      answersInTime(look),
    ])
    const silent = [mongodb && isKnown ? [] : ['MongoDB'], redis ? [] : ['Redis']].flat()
    if (silent.length > 0) throw new Refused('not_ready', `no answer from ${silent.join(' and ')}`, { missing: silent })
    const late = statuses.filter((one) => this.isLate(one))
    if (late.length > 0) throw behind(late)
    const projections = statuses.map(({ name, state, lag }) => ({
      name,
      state,
      behind: lag.events,
      seconds: lag.seconds,
    }))
    return { status: 'OK', timestamp: new Date().toISOString(), mongodb, redis, projections }
  }

  private isLate({ state, lag, rebuild }: ProjectionStatus): boolean {
    const { readyMaxLagMs } = this.config
    const goesOn = state === 'live' || (state === 'not_begun' && rebuild?.state !== 'failed')
    return readyMaxLagMs > 0 && goesOn && lag.seconds * 1000 > readyMaxLagMs
  }
}

function behind(late: readonly ProjectionStatus[]): Refused {
  const each = late.map(({ name, lag }) => `${name} is ${lag.events} events and ${Math.round(lag.seconds)} s behind`)
  return new Refused('not_ready', each.join('; '), { missing: late.map(({ name }) => name) })
}
