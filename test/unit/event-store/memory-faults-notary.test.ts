import { Binary } from 'mongodb'
import { Catalog } from '../../../src/event-store/catalog.js'
import type { AppendDocument, StoredEvent } from '../../../src/event-store/event.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { logIn } from '../../support/event-store/logs.js'
import { leafOf } from '../../../src/notary/leaf.js'
import { Notary } from '../../../src/notary/notary.js'
import { LogDiffers, TreeStore } from '../../../src/notary/tree-store.js'
import { GrowingTree } from '../../../src/proof/growing-tree.js'
import { leafHash } from '../../../src/proof/hashes.js'
import { noteSigner } from '../../../src/proof/note.js'
import { silentAnnouncements } from '../../support/simulation/announcements.js'
import { LogGrowth } from '../../support/simulation/log-growth.js'
import { LogInvariants } from '../../support/simulation/log-invariants.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import type { Doc } from '../../support/simulation/query-language.js'
import { expectNoViolation, type Simulation } from '../../support/simulation/simulation.js'
import { TreeInvariants } from '../../support/simulation/tree-invariants.js'

const origin = 'log.example/simulated'
const signers = [noteSigner(origin, Buffer.alloc(32, 1))]
const catalog = new Catalog({ Happened: { data: {} } })

const happened = (what: string): StoredEvent => ({ type: 'Happened', shape: 1, data: { what } })

/** The log has had this many events before anything goes wrong: a few less than a full tile. */
const early = 250
const earlyAppend: AppendDocument = {
  _id: 1,
  n: early,
  stream: 'early',
  version: 1,
  at: new Date(0),
  meta: { actor: 'somebody', commandId: 'early' },
  events: Array.from({ length: early }, () => happened('early')),
}
const earlyLeaves = earlyAppend.events.map((_, i) => leafHash(leafOf(earlyAppend, i)))
const leafAt = (append: AppendDocument, index: number) =>
  append.stream === 'early' ? earlyLeaves[index]! : leafHash(leafOf(append, index))

function earlyTree() {
  const tree = GrowingTree.empty()
  for (const leaf of earlyLeaves) tree.add(leaf)
  const [root, ...edge] = [tree.root(), ...tree.lastTiles].map((hashes) => new Binary(hashes))
  return { _id: origin, size: early, root, edge }
}

/** Notary processes, one of which always lives. */
class Scene {
  readonly log: LogInvariants
  /** What notaries have found wrong with the log. */
  readonly found: string[] = []
  private readonly processes: { announce: (head: number) => void; kill: () => void }[] = []

  constructor(readonly simulation: Simulation) {
    this.log = new LogInvariants(simulation)
  }

  /** What is there when it begins. */
  begin(appends: readonly AppendDocument[], documents: Record<string, readonly Doc[]> = {}): void {
    const { replicaSet } = this.simulation
    replicaSet.insert('log', appends as unknown as Doc[], { ordered: true })
    replicaSet.replicate(replicaSet.now)
    for (const [name, all] of Object.entries(documents)) replicaSet.insert(name, all, { ordered: true })
    replicaSet.replicate(replicaSet.now)
  }

  startProcess(): void {
    const connection = this.simulation.connect()
    const db = databaseOver(connection)
    const log = logIn(db)
    const feed = new Feed(log, catalog)
    const announcements = silentAnnouncements()
    new Notary({ log, feed, announcements }, db, new TreeStore(db, origin), {
      signers,
      processName: `process ${this.processes.length}`,
      onError: (error) => error instanceof LogDiffers && this.found.push(error.message),
    }).start()
    this.processes.push({ announce: (head) => announcements.announce('log', head), kill: () => connection.kill() })
  }

  killOne(): void {
    this.simulation.random.one(this.processes).kill()
    this.startProcess()
  }

  grow(appends: number): Promise<void> {
    const { random } = this.simulation
    const nextEvents = (position: number) =>
      Array.from({ length: 1 + random.below(5) }, () => happened(`${position} ${random.below(9)}`))
    return new LogGrowth(this.simulation, this.log, nextEvents, (head) => {
      for (const process of this.processes) if (random.oneIn(2)) process.announce(head)
    }).run(this.log.appends.length + appends)
  }
}

async function sign(simulation: Simulation): Promise<void> {
  const { random, time } = simulation
  const tree = new TreeInvariants(simulation, origin, leafAt)
  const scene = new Scene(simulation)
  if (random.oneIn(2)) scene.begin([earlyAppend], random.oneIn(4) ? {} : { notary: [earlyTree()] })
  for (let i = random.one([1, 2, 2, 3]); i > 0; i--) scene.startProcess()
  simulation.disturb()
  if (random.oneIn(3)) simulation.sometime(() => scene.killOne())
  let isGrown = false
  void scene.grow(1 + random.below(10)).then(() => (isGrown = true))
  const isSigned = () => isGrown && tree.signedSize === scene.log.head
  await time.untilOrFor(isSigned, random.one([500, 5_000]))
  simulation.calm()
  await time.until(isSigned, 60_000, 'all is signed')
  simulation.expect(scene.found.length === 0, () => `nobody has changed the log, and yet: ${scene.found[0]}`)
}

/** The log after a backup was restored, or after somebody has changed it: the last event that was signed is another. */
function anotherLog({ random }: Simulation): AppendDocument[] {
  const n = random.one([0, 1, early - 1, early])
  const events = [...earlyAppend.events.slice(0, early - 1), happened('something else')].slice(0, n)
  return n === 0 ? [] : [{ ...earlyAppend, n, events }]
}

async function refuse(simulation: Simulation): Promise<void> {
  const { random, time, replicaSet } = simulation
  const scene = new Scene(simulation)
  scene.begin(anotherLog(simulation), { notary: [earlyTree()] })
  replicaSet.watch(({ collection, after }) =>
    simulation.expect(collection !== 'notary', () => `it has signed another log: ${JSON.stringify(after)}`),
  )
  for (let i = random.below(2); i >= 0; i--) simulation.sometime(() => scene.startProcess())
  simulation.disturb()
  let isGrown = false
  void scene.grow(1 + random.below(90)).then(() => (isGrown = true))
  await time.untilOrFor(() => isGrown && scene.found.length > 2, 15_000)
  simulation.calm()
  await time.until(() => isGrown && scene.found.length > 2, 60_000, 'a notary has found that the log is another one')
}

describe('notaries of one log', () => {
  it('sign one tree that never shrinks, and all of it', async () => {
    await expectNoViolation(600, sign)
  })

  it('sign nothing of a log that is not the one they have signed', async () => {
    await expectNoViolation(150, refuse)
  })
})
