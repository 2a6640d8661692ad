import { type AppendDocument, lastPosition, type StoredEvent } from '../../../src/event-store/event.js'
import { versionKey } from '../../../src/event-store/log/log-collection.js'
import type { Simulation } from './simulation.js'

/** What DESIGN.md promises of the log, looked at with every change. */
export class LogInvariants {
  /** What a majority has, in order. */
  readonly appends: AppendDocument[] = []
  private readonly byVersion = new Map<string, AppendDocument>()
  private readonly made: AppendDocument[] = []

  constructor(private readonly simulation: Simulation) {
    simulation.replicaSet.watch(({ collection, after }, what) => {
      if (collection !== 'log') return
      if (what === 'taken back') return void this.made.pop()
      const append = after as unknown as AppendDocument
      const before = what === 'made' ? this.made : this.appends
      simulation.expect(isNext(before.at(-1), append), () => `${what} after ${where(before.at(-1))}: ${where(append)}`)
      before.push(append)
      if (what === 'durable') this.byVersion.set(versionKey(append), append)
    })
  }

  /** The last position that a majority has. */
  get head(): number {
    const last = this.appends.at(-1)
    return last ? lastPosition(last) : 0
  }

  eventAt(position: number): StoredEvent {
    const append = this.appends.find((one) => lastPosition(one) >= position)!
    return append.events[position - append._id]!
  }

  /** The last position that the primary has. */
  get localHead(): number {
    const last = this.made.at(-1)
    return last ? lastPosition(last) : 0
  }

  at(place: Pick<AppendDocument, 'stream' | 'version'>): AppendDocument | undefined {
    return this.byVersion.get(versionKey(place))
  }

  /** The version of a stream after its last append, as a majority has it; or after one of those before. */
  versionOf(stream: string, back = 0): number {
    const last = this.appends.filter((append) => append.stream === stream).at(-1 - back)
    return last ? last.version + last.n - 1 : 0
  }

  expectWholeStreams(): void {
    const versions = new Map<string, number>()
    for (const { stream, version, n } of this.appends) {
      const next = (versions.get(stream) ?? 0) + 1
      this.simulation.expect(version === next, () => `${stream} has version ${version} where ${next} comes next`)
      versions.set(stream, version + n - 1)
    }
  }
}

function isNext(before: AppendDocument | undefined, append: AppendDocument): boolean {
  if (!before) return append._id === 1
  return append._id === lastPosition(before) + 1 && append.at >= before.at
}

const where = (append: AppendDocument | undefined) =>
  append ? `positions ${append._id} to ${lastPosition(append)} at ${append.at.toISOString()}` : 'nothing'
