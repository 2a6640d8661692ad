import { createHash } from 'node:crypto'
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

/** A script that is sent once, and then named. */
export class RedisScript {
  private readonly sha: string

  constructor(private readonly lua: string) {
    this.sha = createHash('sha1').update(lua).digest('hex')
  }

  async run(redis: Redis, keys: readonly string[], ...values: (string | number | Buffer)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...values)
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error
      return await redis.eval(this.lua, keys.length, ...keys, ...values)
    }
  }
}

/** Longer than any of our commands waits for something to come: BullMQ waits ten seconds. */
const longestSilenceMs = 13_000

/**
 * For commands that occupy a connection (BLPOP, SUBSCRIBE). It connects, reconnects and subscribes again without help,
 * so its errors are not reported.
 *
 * A command always gets its answer in the end. If the connection is lost before that, the command is sent again. A
 * connection that is there but says nothing is given up: a ping, now and then, makes sure that there is always
 * something to say.
 */
export function dedicatedConnection(redis: Redis, silenceMs = longestSilenceMs): Redis {
  const own = redis.duplicate({
    lazyConnect: false,
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    autoResendUnfulfilledCommands: true,
    commandTimeout: undefined,
    enableAutoPipelining: false, // a command would wait behind one that waits
    socketTimeout: silenceMs,
  })
  const pinging = setInterval(() => {
    if (own.status === 'ready') own.ping().catch(() => {}) // the silence ends the connection
  }, silenceMs / 2).unref()
  own.on('end', () => clearInterval(pinging))
  return own.on('error', () => {})
}
