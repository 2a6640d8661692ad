import { VersionConflict } from '../../../src/event-store/errors.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { ReadyAppend } from '../../../src/event-store/log/append-queue.js'
import { type Commit, Committer } from '../../../src/event-store/log/committer.js'
import { LogCollection, type LogHead } from '../../../src/event-store/log/log-collection.js'
import { Random } from '../../support/seeds.js'
import { Connection, noFaults } from '../../support/simulation/connection.js'
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
  readonly log = new LogCollection(databaseOver(new Connection(replicaSet, new Random(1), noFaults)))
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
