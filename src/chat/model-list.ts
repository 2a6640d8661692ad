import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName } from '../event-store/redis.js'
import { type ListedModel, Providers } from '../llm/providers.js'

const keptForSeconds = 60

/** The models of every configured provider; kept in Redis for a minute, so that providers are not asked by every page. */
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
    const kept = await this.redis.get(this.key).catch(() => null)
    if (kept) return JSON.parse(kept) as ListedModel[]
    const { models, away } = await this.providers.models()
    // What is incomplete is shown, and asked for again next time.
    if (away.length === 0)
      await this.redis.set(this.key, JSON.stringify(models), 'EX', keptForSeconds).catch(() => undefined)
    return models
  }
}
