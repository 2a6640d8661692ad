import { MongoNetworkError, MongoServerError } from 'mongodb'
import type { Random } from '../seeds.js'
import type { MemoryReplicaSet } from './replica-set.js'

/** How bad the network and the machines are: a thing happens to one call in so many, 0 for never. */
export interface FaultPlan {
  readonly faultOneIn: number
  readonly slowOneIn: number
  /** The longest that something takes that is slow. */
  readonly slowMs: number
  /** Of the writes: with it the whole process stands still for a while, longer than leases last. */
  readonly freezeOneIn: number
}

export const noFaults: FaultPlan = { faultOneIn: 0, slowOneIn: 0, slowMs: 0, freezeOneIn: 0 }

const kinds = [
  /** It never arrives. */
  'request lost',
  /** It takes effect, and nobody hears of it. */
  'reply lost',
  /** The caller hears of an error, and later it takes effect all the same. */
  'request late',
  /** Of a write of several documents the first few are in. */
  'write cut off',
  /** It is there, and the majority does not have it in time; perhaps never, for an election is near. */
  'not durable in time',
] as const

type FaultKind = (typeof kinds)[number]

interface Operation<T> {
  /** Waits until the majority has everything that the primary has by then. */
  readonly durably: boolean
  /** `part` of a write of several documents: the first so many. */
  readonly effect: (part?: number) => T
  readonly parts?: number
  /** What says that the write is not durable in time; without it, an error does. */
  readonly notDurable?: (reply: T) => T
}

/** One process's way to the database, with all that can go wrong on it. */
export class Connection {
  private isDead = false
  frozenUntil = 0

  constructor(
    readonly replicaSet: MemoryReplicaSet,
    private readonly random: Random,
    public plan: FaultPlan,
  ) {}

  /** The process ends here and now: no reply reaches it, and of its requests some are on their way. */
  kill(): void {
    this.isDead = true
  }

  async send<T>({ durably, effect, parts = 1, notDurable }: Operation<T>): Promise<T> {
    if (this.isDead) await never
    const fault = this.drawFault()
    if (durably && this.isDue(this.plan.freezeOneIn))
      this.frozenUntil = performance.now() + 2_000 + this.random.below(4_000)
    await this.travel()
    if (this.isDead && this.random.oneIn(2)) await never
    if (fault === 'request lost') throw cut()
    if (fault === 'request late') {
      setTimeout(() => this.execute(effect), this.random.below(this.plan.slowMs))
      throw cut()
    }
    if (fault === 'write cut off') {
      this.execute(effect, this.random.below(parts))
      throw cut()
    }
    if (fault === 'not durable in time' && durably) {
      const reply = this.execute(effect, undefined, this.plan.slowMs)
      if (this.random.oneIn(2)) setTimeout(() => this.replicaSet.elect(steppedDown()), this.random.below(20))
      if (this.isDead) await never
      if (notDurable) return notDurable(reply)
      throw new MongoServerError({ code: 64, errmsg: 'waiting for replication timed out' })
    }
    const reply = this.execute(effect)
    if (fault === 'reply lost' && this.random.oneIn(2)) throw cut()
    if (durably) await this.replicaSet.untilDurable()
    await this.travel()
    if (this.isDead) await never
    if (fault === 'reply lost') throw cut()
    return reply
  }

  private execute<T>(effect: (part?: number) => T, part?: number, replicationMs = this.duration()): T {
    const before = this.replicaSet.now
    const reply = effect(part)
    const { now } = this.replicaSet
    if (now > before) setTimeout(() => this.replicaSet.replicate(now), replicationMs)
    return reply
  }

  private drawFault(): FaultKind | undefined {
    return this.isDue(this.plan.faultOneIn) ? this.random.one(kinds) : undefined
  }

  private isDue(oneIn: number): boolean {
    return oneIn > 0 && this.random.oneIn(oneIn)
  }

  private async travel(): Promise<void> {
    const ms = Math.max(this.duration(), this.frozenUntil - performance.now())
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  }

  private duration(): number {
    return this.random.below(this.isDue(this.plan.slowOneIn) ? this.plan.slowMs : 3)
  }
}

const never = new Promise<never>(() => {})
const cut = () => new MongoNetworkError('the connection was cut')
/** What those hear whose writes an election takes back. */
export const steppedDown = () => new MongoServerError({ code: 11602, errmsg: 'the primary has stepped down' })
