import type { Redis } from 'ioredis'
import { dedicatedConnection, RedisScript } from '../redis.js'
import { within } from '../timing.js'
import type { LogHead } from './log-collection.js'

/** A turn to commit. `head` is the end of the log after the turn before this one. */
export interface CommitTurn {
  head?: LogHead
  /** Ends the turn; `head` is known only after an acknowledged commit. */
  end(head: LogHead | undefined): void
}

const longestTokenWaitMs = 1_500
const redisRestMs = 5_000

/**
 * Committers of several processes take turns, so that they don't collide on the log's primary key. The turn is a
 * token in a Redis list: BLPOP is first come, first served. The token prevents collisions and guarantees nothing: a
 * process that gets no token within 250 ms, or has no Redis, commits all the same, and then puts a token back if there
 * is still none. While commits themselves take long (after an election, say), processes wait longer, or all of them
 * would stop waiting and collide.
 *
 * There are never two tokens: each carries the generation that it belongs to. A process that puts a new one back begins
 * the next generation, atomically and only if no other process has done so; a token of an older generation is dropped
 * when it comes back.
 *
 * A process that is alone pays nothing: it joins the turns when it first collides with another one, and leaves them
 * when every token of the last seconds was its own.
 */
export class CommitTurns {
  private readonly tokens: string
  private readonly generation: string
  private hasJoined = false
  private seenGeneration = '0'
  private othersSeenAt = 0
  private redisRestsUntil = 0
  private lastTurnMs = 0
  private blocking?: Redis

  constructor(
    private readonly redis: Redis,
    scope: string,
    private readonly processName: string,
    private readonly tokenWaitMs = 250,
    private readonly aloneAfterMs = 3_000,
  ) {
    this.tokens = `${scope}:turn`
    this.generation = `${scope}:turn:generation`
  }

  /** Another process commits, too. */
  noteCollision(): void {
    this.othersSeenAt = Date.now()
    if (this.hasJoined) return
    this.hasJoined = true
    this.putNewToken(undefined)
  }

  async take(): Promise<CommitTurn> {
    if (!this.hasJoined || !this.isRedisUsable()) return this.timedTurn(() => {})
    const waitMs = Math.min(Math.max(this.tokenWaitMs, 3 * this.lastTurnMs), longestTokenWaitMs)
    const token = await this.nextToken(waitMs)
    if (!token) return this.timedTurn((head) => head && this.putNewToken(head)) // no head: another process has the turn
    const [generation, by, position, at] = token.split(' ') as [string, string, string, string]
    this.seenGeneration = generation
    this.noteOwner(by)
    const head = position === '-' ? undefined : { position: Number(position), at: Number(at) }
    return this.timedTurn((next) => this.returnToken(generation, next), head)
  }

  close(): void {
    this.blocking?.disconnect()
  }

  private timedTurn(end: CommitTurn['end'], head?: LogHead): CommitTurn {
    const began = performance.now()
    return {
      head,
      end: (next) => {
        this.lastTurnMs = performance.now() - began
        end(next)
      },
    }
  }

  private isRedisUsable(): boolean {
    return this.redis.status === 'ready' && Date.now() >= this.redisRestsUntil
  }

  /** Waits for a token, but not for a Redis that no longer answers. */
  private async nextToken(waitMs: number): Promise<string | undefined> {
    this.blocking ??= dedicatedConnection(this.redis)
    const popped = this.blocking.blpop(this.tokens, waitMs / 1000).catch(() => null)
    const answer = await within(waitMs + this.tokenWaitMs, popped)
    if (answer === undefined) this.redisRestsUntil = Date.now() + redisRestMs
    return answer?.[1]
  }

  private noteOwner(processName: string): void {
    if (processName !== this.processName) this.othersSeenAt = Date.now()
    else if (Date.now() - this.othersSeenAt > this.aloneAfterMs) this.hasJoined = false
  }

  private returnToken(generation: string, head: LogHead | undefined): void {
    this.runScript(returnScript, generation, this.token(generation, head))
  }

  private putNewToken(head: LogHead | undefined): void {
    const next = String(Number(this.seenGeneration) + 1)
    this.runScript(newTokenScript, this.seenGeneration, next, this.token(next, head))
  }

  private runScript(script: RedisScript, ...args: string[]): void {
    if (!this.isRedisUsable()) return
    script.run(this.redis, [this.tokens, this.generation], ...args).then(
      (generation) => (this.seenGeneration = String(generation)),
      () => {}, // the token is lost with Redis; a process that waits for it in vain puts a new one
    )
  }

  private token(generation: string, head: LogHead | undefined): string {
    return `${generation} ${this.processName} ${head?.position ?? '-'} ${head?.at ?? '-'}`
  }
}

// Both answer the present generation.
const returnScript = new RedisScript(`
local now = redis.call('GET', KEYS[2]) or '0'
if now == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('RPUSH', KEYS[1], ARGV[2])
end
return now`)

const newTokenScript = new RedisScript(`
local now = redis.call('GET', KEYS[2]) or '0'
if now ~= ARGV[1] then return now end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[3])
return ARGV[2]`)
