import { Catalog, defineEvents } from '../../../src/event-store/catalog.js'
import { EventStoreError, VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { ReadyAppend } from '../../../src/event-store/log/append-queue.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import type { LogHead } from '../../../src/event-store/log/log-collection.js'
import { logIn } from '../../support/event-store/logs.js'
import { follow } from '../../../src/event-store/log/log-reader.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { LogInvariants } from '../../support/simulation/log-invariants.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { notEncodable, refusedByDatabase } from '../../support/simulation/replica-set.js'
import { expectNoViolation, type Simulation } from '../../support/simulation/simulation.js'
import { Writer } from '../../support/simulation/writer.js'

const catalog = new Catalog(defineEvents({ Happened: { data: {} } }))
const streams = ['a', 'b', 'c']

/** Processes that append to one log, those who send them commands, and what these hear. */
class Scene {
  readonly log: LogInvariants
  /** What has come of each command. */
  readonly done = new Map<string, 'appended' | 'refused'>()
  private readonly acknowledged: AppendDocument[] = []
  private readonly heads: LogHead[] = []
  private readonly writers: Writer[] = []
  private appends = 0

  constructor(readonly simulation: Simulation) {
    this.log = new LogInvariants(simulation)
    for (let i = 1 + simulation.random.below(3); i > 0; i--) this.startWriter()
  }

  /** Another one takes its place. */
  killWriter(): void {
    this.simulation.random.one(this.writers).kill()
    this.startWriter()
  }

  /** As a decider does it: at a version that is perhaps not the newest, and after a conflict at the newest. */
  async execute(commandId: string): Promise<void> {
    const { random } = this.simulation
    const stream = random.one(streams)
    const fault = random.oneIn(12) ? random.one([refusedByDatabase, notEncodable]) : undefined
    let version = this.log.versionOf(stream, random.oneIn(4) ? 1 : 0)
    while (!this.done.has(commandId)) {
      const writer = random.one(this.writers.filter(({ isDead }) => !isDead))
      const outcome = await this.append(writer, this.newAppend(commandId, stream, version, fault))
      if (outcome === 'refused') this.done.set(commandId, 'refused')
      else if (this.log.appends.some(({ meta }) => meta.commandId === commandId)) this.done.set(commandId, 'appended')
      version = this.log.versionOf(stream)
    }
  }

  /** Until there is an answer other than that the outcome is unknown; now and then from two callers at once. */
  private async append(writer: Writer, append: ReadyAppend & { fault?: string }): Promise<'refused' | undefined> {
    for (;;) {
      try {
        const callers = this.simulation.random.oneIn(10) ? 2 : 1
        const outcomes = await Promise.all(Array.from({ length: callers }, () => writer.commit(append)))
        for (const outcome of outcomes) {
          if (outcome instanceof VersionConflict) this.expectAnother(append)
          else if (outcome !== 'died') this.expectDurable(append, outcome)
        }
        return undefined
      } catch (error) {
        if (error instanceof EventStoreError && error.code === 'outcome_unknown') continue
        const isItsOwn = append.fault !== undefined
        this.simulation.expect(isItsOwn, () => `an append failed with another one's fault: ${String(error)}`)
        return 'refused'
      }
    }
  }

  private expectDurable(append: ReadyAppend, answer: AppendDocument): void {
    const stored = this.log.at(append)
    const isThere = stored?._id === answer._id && stored.meta.correlation === append.meta.correlation
    this.simulation.expect(isThere, () => `an append was acknowledged at ${answer._id} before it was durable there`)
    this.acknowledged.push(answer)
  }

  private expectAnother({ stream, version, meta }: ReadyAppend): void {
    const stored = this.log.at({ stream, version })
    const isAnother = stored !== undefined && stored.meta.correlation !== meta.correlation
    this.simulation.expect(isAnother, () => `${meta.commandId} had a conflict at ${stream} ${version} with no append`)
  }

  /** In the end. */
  expectEachOnce(): void {
    for (const answer of this.acknowledged)
      this.simulation.expect(this.log.at(answer)?._id === answer._id, () => `nothing is at ${answer._id} any more`)
    for (const [commandId, outcome] of this.done) {
      const count = this.log.appends.filter(({ meta }) => meta.commandId === commandId).length
      const isRight = count === (outcome === 'appended' ? 1 : 0)
      this.simulation.expect(isRight, () => `${commandId} was ${outcome} and is in the log ${count} times`)
    }
  }

  /** `correlation` tells one append of a command from another. */
  private newAppend(commandId: string, stream: string, expected: number, fault?: string): ReadyAppend {
    const n = 1 + this.simulation.random.below(3)
    const meta = { actor: 'somebody', commandId, correlation: `append ${++this.appends}` }
    const events = Array.from({ length: n }, () => ({ type: 'Happened', shape: 1, data: {} }))
    return { n, stream, version: expected + 1, meta, events, ...(fault && { fault }) }
  }

  private startWriter(): void {
    this.writers.push(new Writer(this.simulation, this.heads))
  }
}

/** Reads along all the time: what it has read stays true, and nothing is missing between two events. */
async function readAlong(simulation: Simulation, positions: number[]): Promise<void> {
  const feed = new Feed(logIn(databaseOver(simulation.connect())), catalog)
  const onError = (_: string, error: unknown) =>
    simulation.expect(!(error instanceof EventStoreError), () => `a reader met a fault of the log: ${String(error)}`)
  const { signal } = new AbortController()
  for await (const events of follow({ feed, announcements: silentAnnouncements(), after: 0, signal, onError }))
    for (const { position } of events) positions.push(position)
}

async function append(simulation: Simulation): Promise<void> {
  const { random, time } = simulation
  const scene = new Scene(simulation)
  const read: number[] = []
  void readAlong(simulation, read)
  simulation.disturb()
  if (random.oneIn(3)) simulation.sometime(() => scene.killWriter())
  const commands = Array.from({ length: 1 + random.below(6) }, (_, i) => `command ${i}`)
  for (const command of commands) setTimeout(() => void scene.execute(command), random.below(random.one([5, 50, 500])))
  const isDone = () => scene.done.size === commands.length
  await time.untilOrFor(isDone, random.one([1_000, 15_000]))
  simulation.calm()
  await time.until(isDone, 60_000, 'every command is done')
  await time.until(() => (read.at(-1) ?? 0) === scene.log.head, 60_000, 'the reader has read everything')
  const isInOrder = read.every((position, i) => position === i + 1)
  simulation.expect(isInOrder, () => `a reader read ${read.join()}`)
  scene.log.expectWholeStreams()
  scene.expectEachOnce()
}

describe('committers of one log', () => {
  it('keep one order without gaps and each append once, and their callers hear the truth', async () => {
    await expectNoViolation(3_000, append)
  })
})
