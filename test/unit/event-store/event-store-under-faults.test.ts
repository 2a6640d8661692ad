import { randomBytes } from 'node:crypto'
import { Catalog } from '../../../src/event-store/catalog.js'
import { VersionConflict } from '../../../src/event-store/errors.js'
import { logIn } from '../../support/event-store/logs.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { CommitTurns } from '../../../src/event-store/log/commit-turns.js'
import { EventStore } from '../../../src/event-store/log/event-store.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { Vault } from '../../../src/event-store/sealing/vault.js'
import { pause } from '../../../src/event-store/timing.js'
import { notebookEvents } from '../../support/event-store/notebooks.js'
import { type CalmWorld, inSimulatedTime } from '../../support/simulation/calm.js'
import { noFaults } from '../../support/simulation/connection.js'
import { traced } from '../../support/telemetry/finished-spans.js'
import { MemoryRedis } from '../../support/simulation/memory-redis.js'

const allFail = { ...noFaults, faultOneIn: 1 }
const closed = { type: 'NotebookClosed', data: { notebookId: '1' } }

interface Scene {
  append: (stream: string, expected?: number) => ReturnType<EventStore['append']>
  log: () => AppendDocument[]
  store: EventStore
  world: CalmWorld
}

const scene =
  (tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async (world) => {
      const catalog = new Catalog(notebookEvents)
      const vault = new Vault(world.db, { current: masterKey(randomBytes(32)) }, catalog)
      const turns = new CommitTurns(new MemoryRedis().asRedis, 'test', 'me')
      const store = new EventStore(logIn(world.db), catalog, vault, turns)
      let commands = 0
      await tell({
        append: (stream, expected = 0) =>
          store.append({ stream, expected, events: [closed], meta: { actor: 'ann', commandId: `${++commands}` } }),
        log: () => [...world.replicaSet.contents('log', 'durable').values()] as unknown as AppendDocument[],
        store,
        world,
      })
      await store.close()
      vault.close()
    })

describe('an append while the database is away', () => {
  it(
    'is done when the database is back',
    scene(async ({ append, log, world }) => {
      world.connection.plan = allFail
      setTimeout(() => (world.connection.plan = noFaults), 3_000)
      expect(await append('notebook-1')).toMatchObject({ position: 1, version: 1 })
      expect(log()).toHaveLength(1)
    }),
  )

  it(
    'fails after ten seconds, when it has not even got a key',
    scene(async ({ append, log, world }) => {
      world.connection.plan = allFail
      const began = world.time.now
      await expect(append('notebook-1')).rejects.toThrow(/cut|timed out/)
      expect(world.time.now - began).toBeGreaterThanOrEqual(10_000)
      expect(world.time.now - began).toBeLessThan(11_000)
      expect(log()).toEqual([])
    }),
  )
})

describe('an event store that is closed', () => {
  it(
    'has in the log what was asked for before',
    scene(async ({ append, log, store, world }) => {
      await append('notebook-1')
      world.connection.plan = { ...noFaults, slowOneIn: 1, slowMs: 1_000 }
      const second = append('notebook-1', 1)
      await pause(1)
      await store.close()
      expect(log()).toHaveLength(2)
      expect(await second).toMatchObject({ position: 2 })
    }),
  )
})

describe('an append that is traced', () => {
  const finished = traced()

  it(
    'says what it appends, where, and with how many others, and is what its events lead back to',
    scene(async ({ append, log }) => {
      await Promise.all([append('notebook-1'), append('notebook-2')])
      expect(await append('notebook-1')).toBeInstanceOf(VersionConflict)
      const types = { 'verbatim.event.types': ['NotebookClosed'] }
      const attributes = finished().map((span) => span.attributes)
      const batch = { ...types, 'verbatim.batch.appends': 2, 'verbatim.conflict': false }
      expect(attributes).toEqual([
        { ...batch, 'verbatim.position': 1, 'verbatim.batch.place': 1 },
        { ...batch, 'verbatim.position': 2, 'verbatim.batch.place': 2 },
        { ...types, 'verbatim.conflict': true },
      ])
      expect(finished().map(({ name }) => name)).toEqual(['append', 'append', 'append'])
      const traces = finished()
        .slice(0, 2)
        .map((span) => {
          const { traceId, spanId } = span.spanContext()
          return `00-${traceId}-${spanId}-01`
        })
      expect(log().map(({ meta }) => meta)).toEqual([
        { actor: 'ann', commandId: '1', trace: traces[0] },
        { actor: 'ann', commandId: '2', trace: traces[1] },
      ])
    }),
  )
})

describe('an append that is not traced', () => {
  it(
    'says nothing of a trace',
    scene(async ({ append, log }) => {
      await append('notebook-1')
      expect(log()[0]!.meta).toEqual({ actor: 'ann', commandId: '1' })
    }),
  )
})
