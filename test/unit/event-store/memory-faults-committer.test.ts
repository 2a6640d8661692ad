import { Catalog, defineEvents } from '../../../src/event-store/catalog.js'
import { EventStoreError, VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { ReadyAppend } from '../../../src/event-store/log/append-queue.js'
import type { CommitTurn } from '../../../src/event-store/log/commit-turns.js'
import { Committer } from '../../../src/event-store/log/committer.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { LogCollection, type LogHead } from '../../../src/event-store/log/log-collection.js'
import { follow } from '../../../src/event-store/log/log-reader.js'
import { pause } from '../../../src/event-store/timing.js'
import type { Random } from '../../support/seeds.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { LogInvariants } from '../../support/simulation/log-invariants.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { notEncodable, refusedByDatabase } from '../../support/simulation/replica-set.js'
import { expectNoViolation, type Simulation } from '../../support/simulation/simulation.js'

const catalog = new Catalog(defineEvents({ Happened: { data: {} } }))
const streams = ['a', 'b', 'c']
const deadlineMs = 2_000
/** The deadline goes by the clock on the wall, which the simulation sets by some seconds; it is looked at now and then. */
const longestMs = deadlineMs + 8_000 + 500

/** Of another log, as Redis may remember it after this one was restored from a backup. */
const anotherLogsHead: LogHead = { position: 1_000, at: 0 }

/**
 * Turns of one process, without order: sometimes nobody is waited for. The head that comes with one may be an old one,
 * or, for a process that knows none yet, one of another log.
 */
class DisorderlyTurns {
  private isFirst = true

  constructor(
    private readonly random: Random,
    /** Those that were passed on by all processes. */
    private readonly heads: LogHead[],
  ) {}

  async take(): Promise<CommitTurn> {
    if (this.random.oneIn(2)) await pause(this.random.below(20))
    const end = (head: LogHead | undefined) => head && this.heads.push(head)
    const { isFirst } = this
    this.isFirst = false
    if (isFirst && this.random.oneIn(2)) return { head: anotherLogsHead, end }
    return { head: this.random.oneIn(2) ? this.heads.at(-1 - this.random.below(3)) : undefined, end }
  }

  noteCollision(): void {}
}

/** A process that appends, until it dies. */
class Writer {
  isDead = false
  private readonly committer: Committer
  private readonly death: Promise<'died'>
  private die!: (died: 'died') => void

  constructor(
    private readonly simulation: Simulation,
    heads: LogHead[],
    private readonly connection = simulation.connect(),
  ) {
    this.committer = new Committer(
      new LogCollection(databaseOver(connection)),
      new DisorderlyTurns(simulation.random, heads),
      { deadlineMs },
    )
    this.death = new Promise((resolve) => (this.die = resolve))
  }

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
    this.die('died')
  }
}

/** Some processes on one log, and what callers were told. */
class Scene {
  readonly log: LogInvariants
  readonly acknowledged: AppendDocument[] = []
  readonly done = new Map<string, 'in the log' | 'refused'>()
  private readonly heads: LogHead[] = []
  private readonly writers: Writer[]
  private appends = 0

  constructor(readonly simulation: Simulation) {
    this.log = new LogInvariants(simulation)
    this.writers = Array.from({ length: 1 + simulation.random.below(3) }, () => this.newWriter())
  }

  /** Of all processes one always lives. */
  killOne(): void {
    this.writers.push(this.newWriter())
    this.simulation.random.one(this.writers.slice(0, -1)).kill()
  }

  /** As a decider does it: at a version that is perhaps not the newest, and after a conflict at the newest. */
  async carryOut(commandId: string): Promise<void> {
    const { random } = this.simulation
    const stream = random.one(streams)
    const fault = random.oneIn(12) ? random.one([refusedByDatabase, notEncodable]) : undefined
    let version = this.log.versionOf(stream, random.oneIn(4) ? 1 : 0)
    for (;;) {
      const writer = random.one(this.writers.filter(({ isDead }) => !isDead))
      const outcome = await this.append(writer, this.newAppend(commandId, stream, version, fault))
      if (outcome === 'refused') return void this.done.set(commandId, 'refused')
      const found = this.log.appends.some(({ meta }) => meta.commandId === commandId)
      this.simulation.expect(found || outcome === 'not', () => `${commandId} was acknowledged and is not in the log`)
      if (found) return void this.done.set(commandId, 'in the log')
      version = this.log.versionOf(stream)
    }
  }

  private async append(
    writer: Writer,
    append: ReadyAppend & { fault?: string },
  ): Promise<'acknowledged' | 'not' | 'refused'> {
    const { random } = this.simulation
    for (;;) {
      try {
        const tries = Array.from({ length: random.oneIn(10) ? 2 : 1 }, () => writer.commit(append))
        const [outcome] = (await Promise.all(tries)) as [AppendDocument | VersionConflict | 'died']
        if (outcome === 'died') return 'not'
        if (outcome instanceof VersionConflict) this.expectOther(append)
        else this.expectDurable(append, outcome)
        return outcome instanceof VersionConflict ? 'not' : 'acknowledged'
      } catch (error) {
        if (error instanceof EventStoreError && error.code === 'outcome_unknown') continue // and is safe to repeat
        this.simulation.expect(
          append.fault !== undefined,
          () => `an append heard of another one's fault: ${String(error)}`,
        )
        return 'refused'
      }
    }
  }

  private expectDurable(append: ReadyAppend, told: AppendDocument): void {
    const there = this.log.at(append)
    const isSame = there?._id === told._id && there.meta.correlation === append.meta.correlation
    this.simulation.expect(isSame, () => `an append was acknowledged at ${told._id} before it was durable there`)
    this.acknowledged.push(told)
  }

  private expectOther({ stream, version, meta }: ReadyAppend): void {
    const there = this.log.at({ stream, version })
    const isOther = there !== undefined && there.meta.correlation !== meta.correlation
    this.simulation.expect(
      isOther,
      () => `${meta.commandId} heard of a conflict at ${stream} ${version} that there is not`,
    )
  }

  private newAppend(commandId: string, stream: string, version: number, fault?: string): ReadyAppend {
    const n = 1 + this.simulation.random.below(3)
    const event = { type: 'Happened', shape: 1, data: {} }
    const meta = { actor: 'somebody', commandId, correlation: `append ${++this.appends}` }
    return {
      n,
      stream,
      version: version + 1,
      meta,
      events: Array.from({ length: n }, () => event),
      ...(fault && { fault }),
    }
  }

  expectEachOnce(): void {
    for (const told of this.acknowledged)
      this.simulation.expect(this.log.at(told)?._id === told._id, () => `the log has ${told._id} no more`)
    const counts = new Map<string, number>()
    for (const { meta } of this.log.appends) counts.set(meta.commandId, (counts.get(meta.commandId) ?? 0) + 1)
    for (const [commandId, outcome] of this.done) {
      const count = counts.get(commandId) ?? 0
      this.simulation.expect(
        count === (outcome === 'refused' ? 0 : 1),
        () => `${commandId} is in the log ${count} times`,
      )
    }
  }

  private newWriter(): Writer {
    return new Writer(this.simulation, this.heads)
  }
}

/** Reads along all the time, whatever happens. */
async function readAlong(simulation: Simulation, seen: number[], signal: AbortSignal): Promise<void> {
  const feed = new Feed(new LogCollection(databaseOver(simulation.connect())), catalog)
  const onError = (_: string, error: unknown) =>
    simulation.expect(!(error instanceof EventStoreError), () => `a reader met a fault of the log: ${String(error)}`)
  const announcements = silentAnnouncements()
  for await (const events of follow({ feed, announcements, after: 0, signal, onError }))
    for (const { position } of events) seen.push(position)
}

async function appendAtOnce(simulation: Simulation): Promise<void> {
  const { random, time } = simulation
  const scene = new Scene(simulation)
  const reading = new AbortController()
  const seen: number[] = []
  void readAlong(simulation, seen, reading.signal)
  simulation.disturb()
  if (random.oneIn(3)) simulation.sometime(() => scene.killOne())
  const commands = Array.from({ length: 1 + random.below(6) }, (_, i) => `command ${i}`)
  for (const command of commands) setTimeout(() => void scene.carryOut(command), random.below(random.one([5, 50, 500])))
  const areCarriedOut = () => scene.done.size === commands.length
  await time.untilOrFor(areCarriedOut, random.one([1_000, 15_000]))
  simulation.calm()
  await time.until(areCarriedOut, 60_000, 'all commands are carried out')
  const head = scene.log.head
  await time.until(() => (seen.at(-1) ?? 0) === head, 60_000, 'the reader has read all')
  simulation.expect(
    seen.every((position, i) => position === i + 1),
    () => `a reader saw ${seen.join()}`,
  )
  scene.log.expectWholeStreams()
  scene.expectEachOnce()
}

describe('committers on one log', () => {
  it('keep one order without gaps, each append once, and tell their callers the truth', async () => {
    await expectNoViolation(3_000, appendAtOnce)
  })
})
