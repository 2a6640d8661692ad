import { Controller, Get, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Redis } from 'ioredis'
import { Db, MongoClient } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { ProjectionStatus } from '../../event-store/projecting/projection-status.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { redisName } from '../../event-store/redis.js'
import { within } from '../../event-store/timing.js'
import { NeedsNoAccount } from '../../http/access.js'
import { Drain } from '../../commands/drain.js'
import { SelfChecks } from '../../commands/self-checks.js'
import { WithoutLimits } from '../../http/limits.guard.js'
import { AliveDto, ReadyDto } from './health.dto.js'

/** An engine that needs longer counts as one that is away. */
const patienceMs = 2_000
const readyMs = 10_000

@ApiTags('operations')
@NeedsNoAccount()
@WithoutLimits()
@Controller('health')
export class HealthController {
  constructor(
    private readonly mongo: MongoClient,
    private readonly db: Db,
    private readonly redis: Redis,
    private readonly engine: Engine,
    private readonly drain: Drain,
    private readonly selfChecks: SelfChecks,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles' | 'readyMaxLagMs'>,
  ) {}

  /** It says nothing about the databases: restarting the process does not bring a database back. */
  @Get()
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse({ type: AliveDto })
  alive(): AliveDto {
    const uptime = Math.round(process.uptime())
    return { status: 'OK', timestamp: new Date().toISOString(), uptime, roles: this.config.roles }
  }

  /**
   * 503 names what is missing; no traffic should come to this process until it is back.
   *
   * A read model that goes on but is far behind counts as missing: a new process would answer with old data, and every
   * command would wait for it in vain. A read model that is paused or has failed does not count: it is so in every
   * process, so taking the processes out of service would turn the loss of one list into the loss of everything, and an
   * operator has to look at it in any case. The answer and the metrics show it, for alerts.
   */
  @Get('ready')
  @Refuses('not_ready')
  @ApiOperation({ summary: 'The process can do its work' })
  @ApiOkResponse({ type: ReadyDto })
  async ready(): Promise<ReadyDto> {
    if (this.drain.announced.aborted)
      throw new Refused('not_ready', 'this process is about to end; others go on', { missing: [] })
    const [mongodb, redis, statuses] = await Promise.all([
      inTime(this.mongo.db('admin').command({ ping: 1 })),
      inTime(this.redis.set(redisName(this.db, 'ready'), '', 'PX', readyMs)), // one that is full answers a ping
      inTime(this.engine.projections.statuses()),
    ])
    const silent = [mongodb && statuses ? [] : ['MongoDB'], redis ? [] : ['Redis']].flat()
    if (!statuses || silent.length > 0)
      throw new Refused('not_ready', `no answer from ${silent.join(' and ')}`, { missing: silent })
    const faults = this.selfChecks.faults()
    if (faults.length > 0) throw stopped(faults)
    const late = statuses.filter((one) => this.isLate(one))
    if (late.length > 0) throw behind(late)
    const projections = statuses.map(({ name, state, lag }) => ({
      name,
      state,
      behind: lag.events,
      seconds: lag.seconds,
    }))
    return { status: 'OK', timestamp: new Date().toISOString(), mongodb: true, redis: true, projections }
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

function stopped(faults: ReturnType<SelfChecks['faults']>): Refused {
  const each = faults.map(({ fault }) => fault).join('; ')
  return new Refused('not_ready', `${each}; restart this process`, { missing: faults.map(({ part }) => part) })
}

/** What an engine answers; undefined if it fails, or needs too long. */
const inTime = <T>(answer: Promise<T>) =>
  within(
    patienceMs,
    answer.catch(() => undefined),
  )
