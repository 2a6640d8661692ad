import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'

/**
 * The name of a key or a channel in Redis. It begins with the database's name, because several deployments may share
 * one Redis.
 *
 * Redis never has the only copy of anything, so it may be emptied at any time. The files that use this function say
 * what that costs them. Jobs are added again from the log; nothing else is needed.
 */
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
