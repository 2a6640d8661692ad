import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'

/** Every key and channel in Redis begins with the database's name: several deployments may share one Redis. */
export const redisName = ({ databaseName }: Db, ...parts: readonly string[]): string =>
  ['verbatim', databaseName, ...parts].join(':')

/**
 * For commands that occupy a connection (BLPOP, SUBSCRIBE). It connects, reconnects and subscribes again without help,
 * so its errors are not reported.
 */
export function dedicatedConnection(redis: Redis): Redis {
  const own = redis.duplicate({
    lazyConnect: false,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
  })
  return own.on('error', () => {})
}
