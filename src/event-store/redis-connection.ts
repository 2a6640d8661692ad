import type { Redis } from 'ioredis'

/**
 * For commands that occupy a connection (BLPOP, SUBSCRIBE). It connects, reconnects and subscribes again by itself, so
 * its errors tell nobody anything new.
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
