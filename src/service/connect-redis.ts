import { Logger } from '@nestjs/common'
import { Redis } from 'ioredis'
import type { CompleteConfig } from '../config/index.js'
import { withoutCredentials } from '../config/variables.js'

/**
 * Redis makes things fast and is never the truth, so a missing Redis neither stops the start nor delays a caller:
 * commands fail at once while it is away, and the service tries to connect again for as long as it lives.
 */
export async function connectRedis({ redisUrl }: CompleteConfig): Promise<Redis> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: 2000,
    commandTimeout: 1000, // a Redis that does not answer is away as well
    socketTimeout: 3000, // and then another connection may get an answer
    enableAutoPipelining: true, // what is sent at the same time goes in one piece
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 2000),
  })
  logOutages(redis, withoutCredentials(redisUrl))
  await redis.connect().catch(() => undefined) // the error is logged, and the client tries again
  return redis
}

/** One line when Redis goes away and one when it is back, however often the client tries in between. */
function logOutages(redis: Redis, address: string): void {
  const log = new Logger('Redis')
  let isAway = false
  redis.on('error', (error) => {
    if (!isAway) log.warn(`REDIS_URL: no Redis at ${address}: ${error.message}. Going on without it, trying again.`)
    isAway = true
  })
  redis.on('ready', () => {
    if (isAway) log.log(`Redis at ${address} is back`)
    isAway = false
  })
}
