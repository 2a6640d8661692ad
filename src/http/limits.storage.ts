import { Injectable } from '@nestjs/common'
import type { ThrottlerStorage } from '@nestjs/throttler'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName, RedisScript } from '../event-store/redis.js'
import { within } from '../event-store/timing.js'
import { type Counted, type Counting, LocalCounts } from './local-counts.js'

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
    const [hits, msLeft, blocked] = await this.count(JSON.parse(key) as Counting, ttl, limit)
    const seconds = Math.ceil(msLeft / 1000)
    return { totalHits: hits, timeToExpire: seconds, isBlocked: blocked === 1, timeToBlockExpire: seconds }
  }

  async count(counting: Counting, ttl: number, limit: number): Promise<Counted> {
    const local = this.local.count(counting, ttl, limit)
    return (await this.countInRedis(counting, ttl, limit)) ?? local
  }

  private async countInRedis({ counter, command }: Counting, ttl: number, limit: number): Promise<Counted | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const keys = [counter, ...(command ? [command.name] : [])].map((name) => redisName(this.db, 'limit', name))
    const counted = countScript.run(this.redis, keys, ttl, limit, command?.payload ?? '') as Promise<Counted>
    const undefinedOnError = counted.catch(() => undefined)
    // Where our own event loop was held up, the deadline comes first, and the answer that is there already after it.
    return (await within(longestWaitMs, undefinedOnError)) ?? (await within(secondLookMs, undefinedOnError))
  }
}

// A repeat of a command that has passed is free. One script decides it, so a thousand retries at once count as one request.
// The mark of a command is what it asked for. It is empty if the command was counted before its body was read: the first
// repeat whose body is read says what it asks for.
const countScript = new RedisScript(`
local mark = KEYS[2] and redis.call('GET', KEYS[2])
local repeated = mark and (mark == '' or ARGV[3] == '' or mark == ARGV[3])
local hits = tonumber(redis.call('GET', KEYS[1]) or '0')
if not repeated then
  hits = redis.call('INCR', KEYS[1])
  if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
end
local blocked = not repeated and hits > tonumber(ARGV[2])
local isNew = KEYS[2] and not mark and not blocked
if isNew or (mark == '' and ARGV[3] ~= '') then redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[1]) end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then left = tonumber(ARGV[1]) end
return { hits, left, blocked and 1 or 0, repeated and 1 or 0 }`)
