import { MongoNetworkError } from 'mongodb'
import { VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { ReadyAppend } from '../../../src/event-store/log/append-queue.js'
import { type Commit, Committer } from '../../../src/event-store/log/committer.js'
import type { LogHead } from '../../../src/event-store/log/log-collection.js'
import { logIn } from '../../support/event-store/logs.js'
import { pause } from '../../../src/event-store/timing.js'
import { Random } from '../../support/seeds.js'
import { type CalmWorld, inSimulatedTime } from '../../support/simulation/calm.js'
import { Connection, noFaults, steppedDown } from '../../support/simulation/connection.js'
import { databaseOver } from '../../support/simulation/memory-database.js'
import { MemoryReplicaSet, notEncodable, refusedByDatabase } from '../../support/simulation/replica-set.js'

let replicaSet: MemoryReplicaSet
beforeEach(() => {
  replicaSet = new MemoryReplicaSet({ log: ['stream', 'version'] })
})

/** A process that commits, and what it tells of it. */
class Process {
  readonly commits: Commit[] = []
  conflicts = 0
  collisions = 0
  /** The head that its next turn comes with. */
  headOfTurn: LogHead | undefined
  /** With which each of its turns has ended. */
  readonly heads: (LogHead | undefined)[] = []
  readonly log = logIn(databaseOver(new Connection(replicaSet, new Random(1), noFaults)))
  private noted = 0
  private readonly committer = new Committer(
    this.log,
    {
      take: async () => ({ head: this.headOfTurn, end: (head) => void this.heads.push(head) }),
      noteCollision: () => this.noted++,
    },
    {
      onCommit: (commit) => this.commits.push(commit),
      onConflict: () => this.conflicts++,
      onCollision: () => this.collisions++,
    },
  )

  commit(append: ReadyAppend): Promise<AppendDocument | VersionConflict> {
    return this.committer.commit(append, 100)
  }

  async end(): Promise<void> {
    await this.committer.close()
    expect(this.noted).toBe(this.collisions)
  }
}

let commands = 0
function append(stream: string, version = 1, { n = 1, ...more }: { n?: number; fault?: string } = {}): ReadyAppend {
  const events = Array.from({ length: n }, () => ({ type: 'Happened', shape: 1, data: {} }))
  return { n, stream, version, meta: { actor: 'user-ann', commandId: `${++commands}` }, events, ...more }
}
const log = () => replicaSet.find('log', { durableOnly: true, sort: { _id: 1 } }) as unknown as AppendDocument[]
const positions = () => log().map(({ _id, stream, version }) => [_id, stream, version])

describe('appends that are committed', () => {
  it('go together when they come together, each at its own position', async () => {
    const one = new Process()
    const outcomes = await Promise.all([append('a', 1, { n: 2 }), append('b'), append('c')].map((a) => one.commit(a)))
    expect(outcomes).toEqual(log())
    expect(positions()).toEqual([
      [1, 'a', 1],
      [3, 'b', 1],
      [4, 'c', 1],
    ])
    expect(one.commits).toEqual([{ appends: log(), events: 4, position: 4, ms: expect.any(Number) }])
    await one.end()
    expect(one.heads).toEqual([{ position: 4, at: log()[0]!.at.getTime() }])
  })

  it('wait for the commit that is under way, and are done when the process ends', async () => {
    const one = new Process()
    const first = one.commit(append('a'))
    await new Promise((resolve) => setTimeout(resolve, 1))
    const later = [one.commit(append('b')), one.commit(append('a', 2))]
    await one.end()
    expect(positions()).toEqual([
      [1, 'a', 1],
      [2, 'b', 1],
      [3, 'a', 2],
    ])
    expect(await Promise.all([first, ...later])).toEqual(log())
    expect(one.commits.map(({ appends }) => appends.length)).toEqual([1, 2])
  })

  it('conflict when their version is taken, and only they', async () => {
    const one = new Process()
    await one.commit(append('a'))
    const [b, a, c] = await Promise.all([append('b'), append('a'), append('c')].map((each) => one.commit(each)))
    expect(a).toEqual(new VersionConflict('a', 1))
    expect([b, c]).toEqual(log().slice(1))
    expect(positions().map(([position]) => position)).toEqual([1, 2, 3])
    expect([one.conflicts, one.collisions]).toEqual([1, 0])
    await one.end()
  })

  it('are the same when they are repeated', async () => {
    const one = new Process()
    const same = append('a')
    const [first, second] = await Promise.all([one.commit(same), one.commit(same)])
    expect(second).toEqual(first)
    expect(await one.commit(same)).toEqual(first)
    expect([log().length, one.conflicts]).toEqual([1, 0])
    await one.end()
  })

  it('go after those of another process that was faster', async () => {
    const [one, other] = [new Process(), new Process()]
    await one.commit(append('a'))
    await other.commit(append('b'))
    await one.commit(append('c'))
    expect(positions().map(([position]) => position)).toEqual([1, 2, 3])
    expect([one.collisions, other.collisions]).toEqual([1, 0])
    await Promise.all([one.end(), other.end()])
    expect(one.heads).toEqual([expect.anything(), undefined, { position: 3, at: log()[2]!.at.getTime() }])
  })

  it('do not collide when the turn tells where the log ends', async () => {
    const [one, other] = [new Process(), new Process()]
    await one.commit(append('a'))
    await other.commit(append('b'))
    await other.end()
    one.headOfTurn = other.heads.at(-1)
    await one.commit(append('c'))
    one.headOfTurn = { position: 1, at: 0 } // an old one
    await one.commit(append('d'))
    expect(positions().map(([position]) => position)).toEqual([1, 2, 3, 4])
    expect(one.collisions).toBe(0)
    await one.end()
  })

  it('believe no turn before they know the log themselves', async () => {
    const one = new Process()
    one.headOfTurn = { position: 1_000, at: 0 }
    await one.commit(append('a'))
    one.headOfTurn = undefined
    await one.commit(append('b'))
    expect(positions().map(([position]) => position)).toEqual([1, 2])
    await one.end()
  })

  it('fail alone when the database refuses them', async () => {
    const one = new Process()
    const bad = append('b', 1, { fault: refusedByDatabase })
    const [a, b, c] = await Promise.allSettled([append('a'), bad, append('c')].map((each) => one.commit(each)))
    expect([a!.status, c!.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(b).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('the append was refused') },
    })
    expect(positions()).toEqual([
      [1, 'a', 1],
      [2, 'c', 1],
    ])
    await one.end()
  })

  it('fail alone when they cannot even be sent', async () => {
    const one = new Process()
    const bad = append('b', 1, { fault: notEncodable })
    const outcomes = await Promise.allSettled([append('a'), bad, append('c')].map((each) => one.commit(each)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(positions().map(([position]) => position)).toEqual([1, 2])
    expect(one.conflicts).toBe(0)
    await one.end()
  })

  it('never go back in time', async () => {
    const one = new Process()
    const future = new Date(Date.now() + 60_000)
    replicaSet.insert('log', [{ ...append('a'), _id: 1, at: future }], { ordered: true })
    replicaSet.replicate(replicaSet.now)
    await one.commit(append('b'))
    expect(log()[1]!.at).toEqual(future)
    await one.end()
  })
})

describe('an insert that goes wrong', () => {
  /** A process whose inserts go wrong in these ways, one after the other, and after that none does. */
  function process(
    world: CalmWorld,
    ...faults: ((insert: () => Promise<unknown>, documents: unknown[]) => Promise<unknown>)[]
  ) {
    const sizes: number[] = []
    const told = { conflicts: 0 }
    const send = world.db.command.bind(world.db)
    world.db.command = (async (command: { insert?: string; documents: unknown[] }, ...rest: []) => {
      const insert = () => send(command, ...rest)
      if (command.insert === undefined) return await insert()
      sizes.push(command.documents.length)
      return await (faults.shift() ?? insert)(insert, command.documents)
    }) as never
    const committer = new Committer(
      logIn(world.db),
      { take: async () => ({ end: () => {} }), noteCollision: () => {} },
      { onConflict: () => told.conflicts++ },
    )
    const commit = (...appends: ReadyAppend[]) => Promise.allSettled(appends.map((one) => committer.commit(one, 100)))
    return { committer, commit, sizes, told }
  }
  const cut = () => new MongoNetworkError('the connection was cut')
  const lostRequest = () => Promise.reject(cut())
  const lostReply = async (insert: () => Promise<unknown>) => {
    await insert()
    throw cut()
  }
  const inLog = ({ replicaSet: set }: CalmWorld) =>
    (set.find('log', { durableOnly: true, sort: { _id: 1 } }) as unknown as AppendDocument[]).map((one) => [
      one._id,
      one.stream,
      one.version,
    ])
  const positionsOf = (outcomes: PromiseSettledResult<AppendDocument | VersionConflict>[]) =>
    outcomes.map((one) => (one.status === 'fulfilled' && '_id' in one.value ? one.value._id : one))

  it('without an answer is looked for, and is not made again', () =>
    inSimulatedTime(async (world) => {
      const { committer, commit, sizes, told } = process(world, lostReply)
      expect(positionsOf(await commit(append('a'), append('b')))).toEqual([1, 2])
      expect([sizes, told.conflicts]).toEqual([[2], 0])
      expect(positionsOf(await commit(append('a', 2)))).toEqual([3])
      await committer.close()
    }))

  it('that was cut off is made again for those that are not in the log', () =>
    inSimulatedTime(async (world) => {
      const cutOff = async (_: unknown, documents: unknown[]) => {
        world.put('log', documents[0] as never)
        throw cut()
      }
      const { committer, commit, sizes } = process(world, cutOff, lostRequest)
      expect(positionsOf(await commit(append('a'), append('b'), append('c')))).toEqual([1, 2, 3])
      expect(sizes).toEqual([3, 2, 2])
      await committer.close()
    }))

  it('may be a conflict that nobody has heard of', () =>
    inSimulatedTime(async (world) => {
      const other = { ...append('a'), _id: 1, at: new Date(0) }
      const overtaken = async () => {
        world.put('log', { ...other })
        throw cut()
      }
      const { committer, commit, sizes, told } = process(world, overtaken)
      const [a, b] = await commit(append('a'), append('b'))
      expect(a).toEqual({ status: 'fulfilled', value: new VersionConflict('a', 1) })
      expect(positionsOf([b!])).toEqual([2])
      expect([sizes, told.conflicts]).toEqual([[2, 1], 1])
      await committer.close()
    }))

  it('is made again after pauses of fifty milliseconds at most, until the deadline', () =>
    inSimulatedTime(async (world) => {
      const { committer, commit, sizes } = process(world, ...Array.from({ length: 10_000 }, () => lostRequest))
      const [outcome] = await commit(append('a'))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'outcome_unknown' } })
      expect(world.time.now).toBeGreaterThanOrEqual(10_000)
      expect(world.time.now).toBeLessThan(10_500)
      expect(sizes.length).toBeGreaterThan(10_000 / 70)
      expect(sizes.length).toBeLessThan(10_000 / 45)
      await committer.close()
    }))

  it('because of one append is made again for the others alone', () =>
    inSimulatedTime(async (world) => {
      const { committer, commit, sizes } = process(world)
      const outcomes = await commit(append('a'), append('b', 1, { fault: refusedByDatabase }), append('c'))
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(sizes).toEqual([3, 1])
      await commit(append('d', 1, { fault: refusedByDatabase }))
      expect(sizes).toEqual([3, 1, 1])
      expect(inLog(world)).toEqual([
        [1, 'a', 1],
        [2, 'c', 1],
      ])
      await committer.close()
    }))

  it.each([
    ['is a conflict once the other one is durable', 300, 'replicate', new VersionConflict('a', 1)],
    ['is a conflict, however long that takes', 5_000, 'replicate', new VersionConflict('a', 1)],
    ['is none when an election takes the other one back', 300, 'elect', expect.objectContaining({ _id: 1 })],
  ] as const)('because its version is taken %s', async (_, ms, how, expected) => {
    await inSimulatedTime(async (world) => {
      const { replicaSet: set } = world
      set.insert('log', [{ ...append('a'), _id: 1, at: new Date(0) }], { ordered: true }) // another process's
      const { now } = set
      setTimeout(() => (how === 'elect' ? set.elect(steppedDown()) : set.replicate(now)), ms)
      // This process believes that the log has a place behind it.
      const { committer, commit } = process(world, async () => ({ n: 0, writeErrors: [taken] }))
      const [outcome] = await commit(append('a'))
      expect(outcome).toEqual({ status: 'fulfilled', value: expected })
      await committer.close()
    })
  })
  const taken = { index: 0, code: 11000, errmsg: 'duplicate key', keyPattern: { stream: 1, version: 1 } }

  it('needs nobody who hears of it', () =>
    inSimulatedTime(async (world) => {
      await pause(60_000)
      const options = { deadlineMs: 1_000 }
      const turns = { take: async () => ({ end: () => {} }), noteCollision: () => {} }
      const [one, other] = [world.db, world.db].map((db) => new Committer(logIn(db), turns, options))
      expect(await one!.commit(append('a'), 100)).toMatchObject({ _id: 1 })
      expect(await other!.commit(append('a'), 100)).toEqual(new VersionConflict('a', 1))
      expect(await other!.commit(append('b'), 100)).toMatchObject({ _id: 2 })
      expect(await one!.commit(append('c'), 100)).toMatchObject({ _id: 3 }) // collides first
      await Promise.all([one!.close(), other!.close()])
    }))
})

describe('a commit', () => {
  it('says how long its insert took', () =>
    inSimulatedTime(async (world) => {
      await pause(60_000)
      const commits: Commit[] = []
      const turns = { take: async () => ({ end: () => {} }), noteCollision: () => {} }
      const committer = new Committer(logIn(world.db), turns, {
        onCommit: (commit) => commits.push(commit),
      })
      const began = world.time.now
      await committer.commit(append('a'), 100)
      expect(commits[0]!.ms).toBeGreaterThanOrEqual(0)
      expect(commits[0]!.ms).toBeLessThanOrEqual(world.time.now - began)
      await committer.close()
    }))
})
