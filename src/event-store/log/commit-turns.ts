import type { Redis } from 'ioredis'
import { dedicatedConnection } from '../redis.js'

/** Where the log ends, as far as somebody knows: the last position and its time. */
export interface LogHead {
  position: number
  at: number
}

/** A turn to commit. `head` is where the one before left the log. */
export interface CommitTurn {
  head?: LogHead
  /** Ends the turn; `head` is known only after an acknowledged commit. */
  end(head: LogHead | undefined): void
}

const mostPatienceMs = 1_500

/**
 * Committers of several processes take turns, so that they don't collide on the log's primary key. The turn is a
 * token in a Redis list: BLPOP is first come, first served. It is a courtesy and never the guard: a process that gets
 * no token within 250 ms, or has no Redis, commits anyway and puts a token back if there is still none. While commits
 * themselves take long (after an election, say) it waits longer, or everybody would run out of patience and collide.
 *
 * Never two tokens: each carries the generation it belongs to. Whoever puts a new one back opens the next generation,
 * atomically and only if nobody else did meanwhile; a token of an older generation is dropped when it comes back.
 *
 * A process that is alone pays nothing: it joins the turns when it first collides with another, and leaves them when
 * every token of the last seconds was its own.
 */
export class CommitTurns {
  private readonly tokens: string
  private readonly generation: string
  private together = false
  private seenGeneration = '0'
  private othersSeenAt = 0
  private awayUntil = 0
  private lastTurnMs = 0
  private blocking?: Redis

  constructor(
    private readonly redis: Redis,
    scope: string,
    private readonly me: string,
    private readonly patienceMs = 250,
    private readonly aloneAfterMs = 3_000,
  ) {
    this.tokens = `${scope}:turn`
    this.generation = `${scope}:turn:generation`
  }

  /** Tells that another process is committing too. */
  noteCollision(): void {
    this.othersSeenAt = Date.now()
    if (this.together) return
    this.together = true
    this.putBack(undefined)
  }

  async take(): Promise<CommitTurn> {
    if (!this.together || this.redisIsAway()) return this.turn(() => {})
    const patience = Math.min(Math.max(this.patienceMs, 3 * this.lastTurnMs), mostPatienceMs)
    const token = await this.nextToken(patience)
    if (!token) return this.turn((head) => head && this.putBack(head)) // no head: it did not work, somebody has the turn
    const [generation, by, position, at] = token.split(' ') as [string, string, string, string]
    this.seenGeneration = generation
    this.noticeOthers(by)
    const head = position === '-' ? undefined : { position: Number(position), at: Number(at) }
    return this.turn((next) => this.passOn(generation, next), head)
  }

  close(): void {
    this.blocking?.disconnect()
  }

  private turn(pass: CommitTurn['end'], head?: LogHead): CommitTurn {
    const began = performance.now()
    return {
      head,
      end: (next) => {
        this.lastTurnMs = performance.now() - began
        pass(next)
      },
    }
  }

  private redisIsAway(): boolean {
    return this.redis.status !== 'ready' || Date.now() < this.awayUntil
  }

  /** Waits in line, but not for a Redis that no longer answers. */
  private async nextToken(patienceMs: number): Promise<string | undefined> {
    this.blocking ??= dedicatedConnection(this.redis)
    const waited = this.blocking.blpop(this.tokens, patienceMs / 1000)
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.awayUntil = Date.now() + 5_000
        resolve(undefined)
      }, patienceMs + this.patienceMs)
    })
    const answer = await Promise.race([waited.catch(() => undefined), silence])
    clearTimeout(timer)
    return answer?.[1]
  }

  private noticeOthers(by: string): void {
    if (by !== this.me) this.othersSeenAt = Date.now()
    else if (Date.now() - this.othersSeenAt > this.aloneAfterMs) this.together = false
  }

  private passOn(generation: string, head: LogHead | undefined): void {
    this.run(passScript, generation, this.token(generation, head))
  }

  private putBack(head: LogHead | undefined): void {
    const next = String(Number(this.seenGeneration) + 1)
    this.run(putBackScript, this.seenGeneration, next, this.token(next, head))
  }

  private run(script: string, ...args: string[]): void {
    if (this.redisIsAway()) return
    this.redis.eval(script, 2, this.tokens, this.generation, ...args).then(
      (generation) => (this.seenGeneration = String(generation)),
      () => {}, // the token is lost with Redis; whoever waits for it in vain puts one back
    )
  }

  private token(generation: string, head: LogHead | undefined): string {
    return `${generation} ${this.me} ${head?.position ?? '-'} ${head?.at ?? '-'}`
  }
}

// Both answer the generation that holds now.
const passScript = `
local now = redis.call('GET', KEYS[2]) or '0'
if now == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('RPUSH', KEYS[1], ARGV[2])
end
return now`

const putBackScript = `
local now = redis.call('GET', KEYS[2]) or '0'
if now ~= ARGV[1] then return now end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[3])
return ARGV[2]`
