import type { VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { ReadyAppend } from '../../../src/event-store/log/append-queue.js'
import type { CommitTurn } from '../../../src/event-store/log/commit-turns.js'
import { Committer } from '../../../src/event-store/log/committer.js'
import type { LogHead } from '../../../src/event-store/log/log-collection.js'
import { logIn } from '../event-store/logs.js'
import { pause } from '../../../src/event-store/timing.js'
import type { Random } from '../seeds.js'
import { databaseOver } from './memory-database.js'
import type { Simulation } from './simulation.js'

const deadlineMs = 2_000
/** Deadlines go by the clock on the wall, which the simulation sets by some seconds, and are looked at now and then. */
const longestMs = deadlineMs + 8_000 + 500

/** Of another log, as Redis may remember it after this one was restored from a backup. */
const headOfAnotherLog: LogHead = { position: 1_000, at: 0 }

/**
 * The turns of one process, without order: sometimes it does not wait for the others. The head that comes with a turn
 * may be an old one or, for a process that has committed nothing yet, the head of another log.
 */
class DisorderlyTurns {
  private isFirst = true

  constructor(
    private readonly random: Random,
    /** All that were passed on, by any process. */
    private readonly heads: LogHead[],
  ) {}

  async take(): Promise<CommitTurn> {
    if (this.random.oneIn(2)) await pause(this.random.below(20))
    const { isFirst } = this
    this.isFirst = false
    const head = this.random.oneIn(2) ? this.heads.at(-1 - this.random.below(3)) : undefined
    return {
      head: isFirst && this.random.oneIn(2) ? headOfAnotherLog : head,
      end: (next) => next && this.heads.push(next),
    }
  }

  noteCollision(): void {}
}

/** A process that appends, until it dies. */
export class Writer {
  isDead = false
  private readonly connection
  private readonly committer: Committer
  private readonly death: Promise<'died'>
  private tellDeath!: (died: 'died') => void

  constructor(
    private readonly simulation: Simulation,
    heads: LogHead[],
  ) {
    this.connection = simulation.connect()
    const log = logIn(databaseOver(this.connection))
    this.committer = new Committer(log, new DisorderlyTurns(simulation.random, heads), { deadlineMs })
    this.death = new Promise((resolve) => (this.tellDeath = resolve))
  }

  /** What the caller hears; it knows when the process has died. */
  async commit(append: ReadyAppend): Promise<AppendDocument | VersionConflict | 'died'> {
    const { time } = this.simulation
    const began = time.now
    try {
      return await Promise.race([this.death, this.committer.commit(append, 1_000_000)])
    } finally {
      const ms = time.now - began
      this.simulation.expect(ms <= longestMs, () => `${append.meta.commandId} had no answer for ${ms} ms`)
    }
  }

  kill(): void {
    this.isDead = true
    this.connection.kill()
    this.tellDeath('died')
  }
}
