import type { StoredEvent } from '../../../src/event-store/event.js'
import { pause } from '../../../src/event-store/timing.js'
import type { LogInvariants } from './log-invariants.js'
import type { Simulation } from './simulation.js'

/** Appends to the log as committers do: on the primary first. What an election takes back is appended otherwise. */
export class LogGrowth {
  constructor(
    private readonly simulation: Simulation,
    private readonly log: LogInvariants,
    private readonly nextEvents: (position: number) => StoredEvent[],
    private readonly onAppend: (head: number) => void,
  ) {}

  /** Until a majority has so many appends. */
  async run(appends: number): Promise<void> {
    const { random } = this.simulation
    while (this.log.appends.length < appends) {
      this.append()
      const { thawMs } = this.simulation
      await pause(random.one([thawMs, thawMs * 0.8, random.below(5), random.below(50)]))
    }
  }

  private append(): void {
    const { replicaSet, random } = this.simulation
    const position = this.log.localHead + 1
    const events = this.nextEvents(position)
    const meta = { actor: 'somebody', commandId: `command ${random.below(1_000_000)}` }
    const append = { _id: position, n: events.length, stream: `stream ${position}`, version: 1, at: new Date(position) }
    replicaSet.insert('log', [{ ...append, meta, events }], { ordered: true })
    const { now } = replicaSet
    setTimeout(() => {
      replicaSet.replicate(now)
      this.onAppend(position + events.length - 1)
    }, random.below(20))
  }
}
