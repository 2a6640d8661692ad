import { MongoNetworkError, MongoServerError } from 'mongodb'
import type { Random } from '../seeds.js'
import type { MemoryReplicaSet } from './replica-set.js'

/** How bad the network and the machines are: a thing happens to one call in so many, 0 for never. */
export interface FaultPlan {
  readonly faultOneIn: number
  readonly slowOneIn: number
  /** The longest that something takes that is slow. */
  readonly slowMs: number
}

export const noFaults: FaultPlan = { faultOneIn: 0, slowOneIn: 0, slowMs: 0 }

const kinds = [
  /** It never arrives. */
  'request lost',
  /** It takes effect, and nobody hears of it. */
  'reply lost',
  /** The caller hears of an error, and later it takes effect all the same. */
  'request late',
  /** Of a write of several documents the first few are in. */
  'write cut off',
  /** It is there, and the majority does not have it in time. */
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
    const fault = this.drawFault()
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
    const reply = this.execute(effect)
    if (fault === 'not durable in time' && durably) {
      await this.travel()
      if (this.isDead) await never
      if (notDurable) return notDurable(reply)
      throw new MongoServerError({ code: 64, errmsg: 'waiting for replication timed out' })
    }
    if (fault === 'reply lost' && this.random.oneIn(2)) throw cut()
    if (durably) await this.replicaSet.durableUpTo(this.replicaSet.now)
    await this.travel()
    if (this.isDead) await never
    if (fault === 'reply lost') throw cut()
    return reply
  }

  private execute<T>(effect: (part?: number) => T, part?: number): T {
    const before = this.replicaSet.now
    const reply = effect(part)
    const { now } = this.replicaSet
    if (now > before) setTimeout(() => this.replicaSet.replicate(now), this.duration())
    return reply
  }

  private drawFault(): FaultKind | undefined {
    const { faultOneIn } = this.plan
    return faultOneIn > 0 && this.random.oneIn(faultOneIn) ? this.random.one(kinds) : undefined
  }

  private async travel(): Promise<void> {
    const ms = this.duration()
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  }

  private duration(): number {
    const { slowOneIn, slowMs } = this.plan
    return slowOneIn > 0 && this.random.oneIn(slowOneIn) ? this.random.below(slowMs) : this.random.below(3)
  }
}

const never = new Promise<never>(() => {})
const cut = () => new MongoNetworkError('the connection was cut')
/** What those hear whose writes an election takes back. */
export const steppedDown = () => new MongoServerError({ code: 11602, errmsg: 'the primary has stepped down' })
