import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { CONFIG, type SettledConfig } from '../config.js'
import { NeedsNoAccount } from '../http/caller.js'
import { Unlimited } from '../http/limits.guard.js'
import { answersInTime } from './answers-in-time.js'

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

  /** The process is alive: whoever restarts it when this fails should not do so because a database is away. */
  @Get()
  alive() {
    const uptime = Math.round(process.uptime())
    return { status: 'OK', timestamp: new Date().toISOString(), uptime, roles: this.config.roles }
  }

  /** The process can do its work: what is missing is named, and no traffic should come until it is back. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const [mongodb, redis] = await Promise.all([
      answersInTime(() => this.mongo.db('admin').command({ ping: 1 })),
      answersInTime(() => this.redis.ping()),
    ])
    const timestamp = new Date().toISOString()
    if (mongodb && redis) return { status: 'OK', timestamp, mongodb, redis }
    const missing = [mongodb ? [] : ['MongoDB'], redis ? [] : ['Redis']].flat()
    reply.status(HttpStatus.SERVICE_UNAVAILABLE).type('application/problem+json')
    return {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: HttpStatus.SERVICE_UNAVAILABLE,
      code: 'not_ready',
      detail: `No answer from ${missing.join(' and ')}`,
      missing,
      timestamp,
    }
  }
}
