import { Logger } from '@nestjs/common'
import { Redis } from 'ioredis'
import type { CompleteConfig } from '../config/index.js'
import { withoutCredentials } from '../config/environment.js'

/**
 * Redis makes things fast and is never the truth, so a missing one neither stops the start nor holds up a caller:
 * commands fail at once while it is away, and it is tried again for as long as the service lives.
 */
export async function connectRedis({ redisUrl }: CompleteConfig): Promise<Redis> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: 2000,
    commandTimeout: 1000, // one that falls silent is away, too
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 2000),
  })
  tellOutagesOnce(redis, withoutCredentials(redisUrl))
  await redis.connect().catch(() => undefined) // told already, and tried again
  return redis
}

function tellOutagesOnce(redis: Redis, address: string): void {
  const log = new Logger('Redis')
  let away = false
  redis.on('error', (error) => {
    if (!away) log.warn(`REDIS_URL: no Redis at ${address}: ${error.message}. Going on without; trying again.`)
    away = true
  })
  redis.on('ready', () => {
    if (away) log.log(`Redis at ${address} is back`)
    away = false
  })
}
