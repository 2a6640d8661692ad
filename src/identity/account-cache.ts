import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName, RedisScript } from '../event-store/redis.js'
import { pause } from '../event-store/timing.js'

const entryMs = 5_000
/** Longer than any look-up takes. */
const generationMs = 60_000

/**
 * What was last looked up about a caller, in Redis, for all processes, so that most requests cost no read of the
 * database. No entry outlives a change: those who change something call `forget` before they answer, and a look-up that
 * was under way meanwhile is not stored. If Redis does not answer, `forget` waits until every entry from before the
 * change has expired.
 */
@Injectable()
export class AccountCache {
  constructor(
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  async read<T>(name: string, lookUp: () => Promise<T | null>): Promise<T | null> {
    const cached = await this.lookInCache(name)
    if (cached?.entry) return JSON.parse(cached.entry) as T
    const found = await lookUp()
    if (found !== null && cached) await this.store(name, JSON.stringify(found), cached.generation)
    return found
  }

  /** To be awaited after the change and before its answer. */
  async forget(name: string): Promise<void> {
    const done = await forgetScript.run(this.redis, this.keys(name), generationMs).catch(() => undefined)
    if (done === undefined) await pause(entryMs)
  }

  private async lookInCache(name: string): Promise<{ entry: string | null; generation: string } | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const found = await this.redis.mget(...this.keys(name)).catch(() => undefined)
    return found && { entry: found[0] ?? null, generation: found[1] ?? '0' }
  }

  /** An error is dropped: the next request looks it up again. */
  private async store(name: string, entry: string, generation: string): Promise<void> {
    await storeScript.run(this.redis, this.keys(name), entry, generation, entryMs).catch(() => undefined)
  }

  private keys(name: string): [entry: string, generation: string] {
    const entry = redisName(this.db, 'caller', name)
    return [entry, `${entry}:generation`]
  }
}

const storeScript = new RedisScript(`
if (redis.call('GET', KEYS[2]) or '0') == ARGV[2] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
return 0`)

const forgetScript = new RedisScript(`
redis.call('DEL', KEYS[1])
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1`)
