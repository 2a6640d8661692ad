import { Injectable } from '@nestjs/common'
import type { ThrottlerStorage } from '@nestjs/throttler'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName, RedisScript } from '../event-store/redis.js'
import { within } from '../event-store/timing.js'
import { type Counted, LocalCounts } from './local-counts.js'

type Count = Awaited<ReturnType<ThrottlerStorage['increment']>>

const longestWaitMs = 100
const secondLookMs = 20

/**
 * Counts in Redis, so that all processes count together, in windows that begin with their first request. Each process
 * also counts by itself, and its own count decides while Redis does not answer: no outage lets everybody pass.
 */
@Injectable()
export class LimitsStorage implements ThrottlerStorage {
  private readonly local = new LocalCounts()

  constructor(
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  async increment(key: string, ttl: number, limit: number): Promise<Count> {
    const [counter, repeat] = JSON.parse(key) as [string, string | null]
    const local = this.local.count(counter, repeat, ttl, limit)
    const [hits, msLeft, blocked] = (await this.count(counter, repeat, ttl, limit)) ?? local
    const seconds = Math.ceil(msLeft / 1000)
    return { totalHits: hits, timeToExpire: seconds, isBlocked: blocked === 1, timeToBlockExpire: seconds }
  }

  private async count(
    counter: string,
    repeat: string | null,
    ttl: number,
    limit: number,
  ): Promise<Counted | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const keys = [counter, ...(repeat === null ? [] : [repeat])].map((name) => redisName(this.db, 'limit', name))
    const counted = countScript.run(this.redis, keys, ttl, limit) as Promise<Counted>
    const undefinedOnError = counted.catch(() => undefined)
    // Where our own event loop was held up, the deadline comes first, and the answer that is there already after it.
    return (await within(longestWaitMs, undefinedOnError)) ?? (await within(secondLookMs, undefinedOnError))
  }
}

// A repeat of a command that has passed is free. One script decides it, so a thousand retries at once count as one request.
const countScript = new RedisScript(`
local repeated = KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1
local hits = tonumber(redis.call('GET', KEYS[1]) or '0')
if not repeated then
  hits = redis.call('INCR', KEYS[1])
  if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  if KEYS[2] and hits <= tonumber(ARGV[2]) then redis.call('SET', KEYS[2], '', 'PX', ARGV[1]) end
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then left = tonumber(ARGV[1]) end
local blocked = 0
if not repeated and hits > tonumber(ARGV[2]) then blocked = 1 end
return { hits, left, blocked }`)
