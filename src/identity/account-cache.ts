import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName } from '../event-store/redis.js'
import { pause } from '../event-store/timing.js'

const keptMs = 5_000
const generationKeptMs = 60_000

/**
 * What was just looked up about a caller, in Redis, for all processes; so that most requests cost no read of the
 * database. It never outlives a change: whoever changes something forgets it here before answering, and a look-up that
 * was under way meanwhile is not kept. Where Redis cannot be told, the change is only answered when nothing kept from
 * before it can be left.
 */
@Injectable()
export class AccountCache {
  constructor(
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  async read<T>(name: string, lookUp: () => Promise<T | null>): Promise<T | null> {
    const seen = await this.seen(name)
    if (seen?.kept) return JSON.parse(seen.kept) as T
    const found = await lookUp()
    if (found !== null && seen) await this.keep(name, JSON.stringify(found), seen.generation)
    return found
  }

  /** To be awaited after the change and before its answer. */
  async forget(name: string): Promise<void> {
    const [kept, generation] = this.keys(name)
    const told = await this.redis.eval(forgetScript, 2, kept, generation, generationKeptMs).catch(() => undefined)
    if (told === undefined) await pause(keptMs)
  }

  private async seen(name: string): Promise<{ kept: string | null; generation: string } | undefined> {
    if (this.redis.status !== 'ready') return undefined
    const found = await this.redis.mget(...this.keys(name)).catch(() => undefined)
    return found && { kept: found[0] ?? null, generation: found[1] ?? '0' }
  }

  private async keep(name: string, found: string, generation: string): Promise<void> {
    await this.redis.eval(keepScript, 2, ...this.keys(name), found, generation, keptMs).catch(() => undefined) // then it is looked up again
  }

  private keys(name: string): [string, string] {
    const kept = redisName(this.db, 'caller', name)
    return [kept, `${kept}:generation`]
  }
}

const keepScript = `
if (redis.call('GET', KEYS[2]) or '0') == ARGV[2] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
return 0`

const forgetScript = `
redis.call('DEL', KEYS[1])
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1`
