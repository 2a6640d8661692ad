import type { Db } from 'mongodb'
import type { AppendDocument, NewEvent } from '../../../src/event-store/event.js'
import { logIn } from '../../support/event-store/logs.js'
import { Fold } from '../../../src/event-store/projecting/fold.js'
import { record } from '../../../src/event-store/projecting/given-then.js'
import { Lease } from '../../../src/event-store/projecting/lease.js'
import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import { ReadModelCollection } from '../../../src/event-store/projecting/read-model-collection.js'
import { TreeStore } from '../../../src/notary/tree-store.js'
import { GrowingTree } from '../../../src/proof/growing-tree.js'
import { Place } from '../../support/event-store/engines.js'
import { notes } from '../../support/event-store/notebooks.js'
import { Random, seeds, withSeed } from '../../support/seeds.js'
import { rounds } from '../../support/short-run.js'
import { Connection, noFaults } from '../../support/simulation/connection.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { MemoryReplicaSet } from '../../support/simulation/replica-set.js'

/** What a class of the engine is asked, with the same random numbers on both databases. */
type Step = (random: Random) => Promise<unknown>

function logSteps(db: Db): Step[] {
  const log = logIn(db)
  const append = (random: Random, position: number): AppendDocument => ({
    _id: position,
    n: 2,
    stream: `stream ${random.below(2)}`,
    version: 1 + random.below(6),
    at: new Date(position),
    meta: { actor: 'somebody', commandId: 'command', payload: undefined },
    events: [],
  })
  return [
    (random) => {
      const first = 1 + 2 * random.below(10)
      return log.insert(Array.from({ length: 1 + random.below(3) }, (_, i) => append(random, first + 2 * i)))
    },
    () => log.head(),
    (random) => log.appendsAfter(random.below(20), 1 + random.below(4)),
    (random) => log.appendAtOrBefore(random.below(20)),
    async (random) => [...(await log.findByVersions([append(random, 1), append(random, 1)])).entries()].sort(),
  ]
}

function leaseSteps(db: Db): Step[] {
  const leases = ['a', 'b'].map((owner) => new Lease(db, 'model', owner))
  const lease = (random: Random) => random.one(leases)
  return [
    (random) => lease(random).ensure(1),
    (random) => lease(random).acquire({ $or: [{ state: 'live', swap: { $exists: false } }, { 'swap.version': 1 }] }),
    (random) => lease(random).requestHandover(),
    (random) => lease(random).renew(),
    (random) => move(lease(random), random.below(3), random.below(3)),
    (random) => lease(random).change({ $set: { state: random.one(['live', 'failed']) }, $unset: { error: 1 } }),
    (random) => lease(random).change({ $set: { error: { position: random.below(3), message: 'no', at: new Date() } } }),
    (random) => lease(random).applyDecision(random.below(5), { 'error.position': random.below(3) }, 'live'),
    (random) => lease(random).release(),
    (random) => lease(random).read(),
  ]
}

async function move(lease: Lease, from: number, to: number): Promise<LeaseDocument | null> {
  await lease.advance({ position: from } as LeaseDocument, to)
  return await lease.flush()
}

async function modelSteps(db: Db): Promise<Step[]> {
  const writers = [await ReadModelCollection.open(db, notes.name, 'live')]
  writers.push(await ReadModelCollection.open(db, notes.name, 'live'))
  const history = new Random(1)
  const types = ['NoteWritten', 'NoteWritten', 'NoteCorrected', 'NoteTornOut', 'NotebookClosed']
  const newEvent = (): NewEvent => {
    const data = { notebookId: history.one(['1', '2']), noteId: history.one(['a', 'b', 'c']), ownerId: 'ann' }
    return { type: history.one(types), data }
  }
  const events = record(Array.from({ length: 40 }, newEvent))
  return [
    (random) => {
      const from = random.below(events.length)
      return random.one(writers).apply(new Fold(notes, events.slice(from, from + 1 + random.below(6)), Infinity))
    },
    () => db.collection<{ _id: string }>(notes.name).find({}).sort({ _id: 1 }).toArray(),
  ]
}

function treeSteps(db: Db): Step[] {
  const trees = new TreeStore(db, 'origin')
  const treeOfSize = (size: number) => {
    const tree = GrowingTree.empty()
    for (let leaf = 0; leaf < size; leaf++) tree.add(Buffer.alloc(32, leaf))
    return tree
  }
  return [
    () => trees.ensure(),
    () => trees.read(),
    async (random) => trees.advance((await trees.read())!, treeOfSize(random.below(3))),
    async (random) => trees.storeSignature(await trees.ensure(), `note ${random.below(3)}`, [random.one(['a', 'b'])]),
    (random) => trees.storeTiles([{ level: 0, index: random.below(3), hashes: Buffer.alloc(32, random.below(2)) }]),
  ]
}

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const memoryDatabase = () =>
  databaseOver(new Connection(new MemoryReplicaSet({ log: ['stream', 'version'] }), new Random(1), noFaults))

describe('the database in memory', () => {
  it.each<[string, (db: Db) => Step[] | Promise<Step[]>]>([
    ['the log', logSteps],
    ['a lease', leaseSteps],
    ['a read model', modelSteps],
    ['a tree', treeSteps],
  ])('answers as MongoDB does what %s asks', async (_, stepsOn) => {
    await logIn(place.db).prepare()
    for (const seed of seeds(rounds(20))) {
      await Promise.all((await place.db.collections()).map((collection) => collection.deleteMany({})))
      const [real, inMemory] = [await stepsOn(place.db), await stepsOn(memoryDatabase())]
      const random = new Random(seed)
      for (let i = 0; i < 60; i++) {
        const [step, draw] = [random.below(real.length), random.below(1_000_000)]
        const [expected, found] = [await outcomeOf(real[step]!, draw), await outcomeOf(inMemory[step]!, draw)]
        try {
          expect(found).toEqual(expected)
        } catch (error) {
          throw withSeed(error, seed)
        }
      }
    }
  })
})

async function outcomeOf(step: Step, draw: number): Promise<unknown> {
  try {
    return withoutTimes(await step(new Random(draw)))
  } catch (error) {
    return `${(error as Error).name} ${(error as Error).message}`
  }
}

/** The two ask at different times: that there is one must do. Buffers and Binaries are what they hold. */
function withoutTimes(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() < 1_000 ? value : 'a time'
  if (Array.isArray(value)) return value.map(withoutTimes)
  if (typeof value !== 'object' || value === null) return value
  if ('value' in value && typeof value.value === 'function')
    return Buffer.from(value.value() as Uint8Array).toString('hex')
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutTimes(field)]))
}
