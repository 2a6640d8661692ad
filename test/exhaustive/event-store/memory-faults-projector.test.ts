import type { NewEvent, StoredEvent } from '../../../src/event-store/event.js'
import { Catalog } from '../../../src/event-store/catalog.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { logIn } from '../../support/event-store/logs.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import { type Projection, projection } from '../../../src/event-store/projecting/projection.js'
import { Projector } from '../../../src/event-store/projecting/projector.js'
import { pause } from '../../../src/event-store/timing.js'
import type { Random } from '../../support/seeds.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { LogGrowth } from '../../support/simulation/log-growth.js'
import { LogInvariants } from '../../support/simulation/log-invariants.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { ModelInvariants } from '../../support/simulation/model-invariants.js'
import { expectNoViolation, type Simulation } from '../../support/simulation/simulation.js'
import {
  type NotebookEvents,
  notebookEvents,
  notes,
  pages,
  type WriterDoc,
} from '../../support/event-store/notebooks.js'

const catalog = new Catalog(notebookEvents)

/** Notes that a model cannot take: never, or not until its code is mended. */
const [poison, awkward] = ['poison', 'awkward']

/** Counts, so that an event which is applied twice shows. */
const writersUntil = (isMended: () => boolean) =>
  projection<WriterDoc, NotebookEvents>('writers', {
    version: 1,
    on: {
      NoteWritten: {
        key: (e) => e.data.ownerId,
        evolve: (doc, { data: { noteId, ownerId } }) => {
          if (noteId === poison || (noteId === awkward && !isMended())) throw new Error('not this one')
          return { _id: ownerId, written: (doc?.written ?? 0) + 1 }
        },
      },
    },
  })
let isMended = false
const fussyWriters = writersUntil(() => isMended)
const mendedWriters = writersUntil(() => true)

/** Of few things, so that events meet. */
function nextEvent(random: Random): NewEvent {
  const notebookId = random.one(['1', '2'])
  const noteId = random.one(['a', 'b', 'c'])
  switch (random.below(8)) {
    case 0:
      return { type: 'NotebookClosed', data: { notebookId } }
    case 1:
      return { type: 'NoteTornOut', data: { notebookId, noteId } }
    case 2:
    case 3:
      return { type: 'NoteCorrected', data: { noteId } }
    default: {
      const data = {
        notebookId,
        noteId: random.oneIn(8) ? random.one([poison, awkward]) : noteId,
        ownerId: random.one(['ann', 'bob']),
      }
      return { type: 'NoteWritten', data }
    }
  }
}

const nextEvents = ({ random }: Simulation): StoredEvent[] =>
  Array.from({ length: 1 + random.below(4) }, () => ({ shape: 1, ...nextEvent(random) }) as StoredEvent)

/** Projector processes of one model, one of which always lives. */
class Scene {
  readonly log: LogInvariants
  readonly model: ModelInvariants
  private readonly projection: Projection
  private readonly skipped = new Set<number>()
  private readonly processes: { announce: (head: number) => void; kill: () => void }[] = []

  constructor(readonly simulation: Simulation) {
    isMended = false
    const { random, replicaSet } = simulation
    this.projection = random.one([notes, pages, fussyWriters])
    this.log = new LogInvariants(simulation)
    const expected = this.projection === fussyWriters ? mendedWriters : this.projection
    this.model = new ModelInvariants(simulation, expected, catalog, (event) => this.mustSkip(event))
    const { name, version } = this.projection
    replicaSet.insert('checkpoints', [{ _id: name, version, position: 0, state: 'live' }], { ordered: true })
    replicaSet.replicate(replicaSet.now)
  }

  startProcess(): void {
    const connection = this.simulation.connect()
    const db = databaseOver(connection)
    const announcements = silentAnnouncements()
    const log = logIn(db)
    const context = {
      db,
      log,
      feed: new Feed(log, catalog),
      announcements,
      vault: undefined as never, // nothing is sealed here
      clock: { now: () => new Date() },
      processName: `process ${this.processes.length}`,
      skippedPositions: async () => new Set(this.skipped),
      logRoot: async () => '',
    }
    new Projector(context, this.projection).start()
    this.processes.push({ announce: (head) => announcements.announce('log', head), kill: () => connection.kill() })
  }

  killOne(): void {
    this.simulation.random.one(this.processes).kill()
    this.startProcess()
  }

  /** Some hear of it. */
  readonly announce = (head: number): void => {
    for (const process of this.processes) if (this.simulation.random.oneIn(2)) process.announce(head)
  }

  /** As an operator does: mends the model, or skips what it can never take. */
  async operate(): Promise<void> {
    const lease = new Lease(databaseOver(this.simulation.connect()), this.projection.name, 'operator')
    for (let decision = 1; ; await pause(100)) {
      const { state, error } = this.model.lease()
      if (state !== 'failed') continue
      const { position } = error!
      this.simulation.expect(this.model.hasAllUpTo(position - 1), () => `it failed at ${position} too early`)
      const event = this.log.eventAt(position)
      if (this.mustSkip(event)) this.skipped.add(position)
      else isMended = true
      await lease.applyDecision(decision++, { state, 'error.position': position }, 'live').catch(() => {})
    }
  }

  private mustSkip({ data }: { data: unknown }): boolean {
    return this.projection === fussyWriters && (data as { noteId?: string }).noteId === poison
  }
}

async function project(simulation: Simulation): Promise<void> {
  const { random, time } = simulation
  const scene = new Scene(simulation)
  for (let i = random.one([1, 2, 2, 3]); i > 0; i--) scene.startProcess()
  simulation.disturb()
  if (random.oneIn(3)) simulation.sometime(() => scene.killOne())
  void scene.operate()
  const appends = 1 + random.below(12)
  const growth = new LogGrowth(simulation, scene.log, () => nextEvents(simulation), scene.announce)
  let isGrown = false
  void growth.run(appends).then(() => (isGrown = true))
  const isComplete = () => isGrown && scene.model.isCompleteAt(scene.log.head)
  await time.untilOrFor(isComplete, random.one([500, 5_000]))
  simulation.calm()
  await time.until(isComplete, 60_000, 'the model has everything')
}

describe('projectors of one model', () => {
  it('apply each event once, with the position never ahead of the documents', async () => {
    await expectNoViolation(1_500, project)
  })
})
