import { Random, seeds, withSeed } from '../seeds.js'
import { Connection, type FaultPlan, noFaults, steppedDown } from './connection.js'
import { MemoryReplicaSet } from './replica-set.js'
import { SimulatedTime } from './simulated-time.js'

/** One seed's world: a replica set in memory, processes that reach it through faulty connections, a clock of its own. */
export class Simulation {
  readonly time = new SimulatedTime()
  readonly replicaSet = new MemoryReplicaSet({ log: ['stream', 'version'] })
  private readonly violations: string[] = []
  private readonly connections: Connection[] = []
  private plan: FaultPlan
  private isCalm = false

  constructor(readonly random: Random) {
    this.plan = {
      faultOneIn: random.one([0, 4, 10, 30]),
      slowOneIn: random.one([0, 5, 30]),
      slowMs: random.one([50, 3_000, 12_000]),
      freezeOneIn: random.one([0, 5, 30]),
    }
  }

  /** Another process's connection. */
  connect(): Connection {
    const connection = new Connection(this.replicaSet, this.random, this.plan)
    this.connections.push(connection)
    return connection
  }

  /** Something happens some time during the first few seconds. */
  sometime(happen: () => void): void {
    setTimeout(() => this.isCalm || happen(), this.random.below(this.random.one([10, 100, 1_000])))
  }

  /** Elections, and clocks that are set, so that leases expire early or late. */
  disturb(): void {
    for (let i = this.random.below(4); i > 0; i--) this.sometime(() => this.replicaSet.elect(steppedDown()))
    for (let i = this.random.below(6); i > 0; i--)
      this.sometime(() => (this.time.wallClockError = this.random.below(8_000) - 4_000))
  }

  /** In how many milliseconds the last process goes on that stands still now; things happen then. */
  get thawMs(): number {
    return Math.max(0, ...this.connections.map(({ frozenUntil }) => frozenUntil - this.time.now))
  }

  /** Notes what must not be. The schedule goes on, and fails in the end with the first of it. */
  expect(isSo: boolean, otherwise: () => string): void {
    if (!isSo) this.violations.push(otherwise())
  }

  get firstViolation(): string | undefined {
    return this.violations[0]
  }

  /** From now on all goes well. */
  calm(): void {
    this.isCalm = true
    this.plan = noFaults
    for (const connection of this.connections) connection.plan = noFaults
  }
}

/** Runs a schedule with each seed. SEED=7 replays one, with the stacks of its errors, which cost too much for all. */
export async function expectNoViolation(
  count: number,
  schedule: (simulation: Simulation) => Promise<void>,
): Promise<void> {
  const all = seeds(count)
  const { stackTraceLimit } = Error
  if (all.length > 1) Error.stackTraceLimit = 0
  try {
    for (const seed of all) await runSchedule(seed, schedule)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

async function runSchedule(seed: number, schedule: (simulation: Simulation) => Promise<void>): Promise<void> {
  const random = new Random(seed)
  const simulation = new Simulation(random)
  simulation.time.install(() => random.below(1_000_000) / 1_000_000)
  try {
    await schedule(simulation)
    if (simulation.firstViolation !== undefined) throw new Error(simulation.firstViolation)
  } catch (error) {
    throw withSeed(simulation.firstViolation ?? error, seed)
  } finally {
    simulation.time.uninstall()
  }
}
