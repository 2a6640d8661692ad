import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName } from '../event-store/redis.js'
import { type ListedModel, Providers } from '../llm/providers.js'

const cachedForSeconds = 60

/** The models of every configured provider. Redis keeps the list for a minute, so that not every request asks them. */
@Injectable()
export class ModelList {
  private readonly key: string

  constructor(
    private readonly providers: Providers,
    private readonly redis: Redis,
    db: Db,
  ) {
    this.key = redisName(db, 'models')
  }

  async read(): Promise<ListedModel[]> {
    const cached = await this.redis.get(this.key).catch(() => null)
    if (cached) return JSON.parse(cached) as ListedModel[]
    const { models, unavailable } = await this.providers.models()
    // An incomplete list is shown, but not cached: the next request asks again.
    if (unavailable.length === 0)
      await this.redis.set(this.key, JSON.stringify(models), 'EX', cachedForSeconds).catch(() => undefined)
    return models
  }
}
