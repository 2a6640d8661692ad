import { type EventRecord, leafHashOf } from './event-record.js'
import { VerificationError } from './verification-error.js'

interface Difference {
  record: EventRecord
  notaryHash: Buffer
  /** Another fault names it already. */
  isKnown: boolean
}

/** How events that follow each other differ from the notary's hashes. */
type Kind = 'changed' | 'swapped' | 'moved up' | 'moved down'

interface Run {
  kind: Kind
  from: number
  to: number
}

/** Memory is bounded: more of them tell nobody more. */
const mostRuns = 1_000

/**
 * The events that differ from the hashes that the notary stored of them. Events that follow each other and differ in the
 * same way are one fault. How an event differs is known when the next one is.
 */
export class HashDifferences {
  private readonly runs: Run[] = []
  private latest?: Difference

  /** The next event, whether it differs or not. */
  add(
    record: EventRecord,
    notaryHash: Buffer | undefined,
    { differs, isKnown }: { differs: boolean; isKnown: boolean },
  ): void {
    this.classify(notaryHash && { record, notaryHash })
    this.latest = differs ? { record, notaryHash: notaryHash!, isKnown } : undefined
  }

  /** What comes next says nothing about the last event. */
  end(): void {
    this.classify()
  }

  /** Whether the events around here may have moved. */
  get areMoving(): boolean {
    return this.latest !== undefined && !this.latest.isKnown
  }

  all(): VerificationError[] {
    return this.runs.map((run) => new VerificationError(messageOf(run), run.from, run.to))
  }

  private classify(next?: Pick<Difference, 'record' | 'notaryHash'>): void {
    const { latest } = this
    this.latest = undefined
    if (!latest || latest.isKnown) return
    const { position } = latest.record
    const last = this.runs.at(-1)
    const isNext = last?.to === position - 1
    if (last && last.to >= position) return // the second one of two that have changed places
    const kind = kindOf(latest, next)
    const endsRun = kind === 'changed' && (last?.kind === 'moved down' || (last?.kind === 'moved up' && !next))
    if (last && isNext && kind !== 'swapped' && (last.kind === kind || endsRun)) last.to = position
    else if (this.runs.length < mostRuns)
      this.runs.push({ kind, from: position, to: kind === 'swapped' ? position + 1 : position })
  }
}

/** The last event of a run that has moved is explained only by the event before it. */
function kindOf({ record, notaryHash }: Difference, next?: Pick<Difference, 'record' | 'notaryHash'>): Kind {
  if (!next) return 'changed'
  const movedUp = matches(record, next.record, next.notaryHash)
  const nextMovedDown = matches(next.record, record, notaryHash)
  if (movedUp) return nextMovedDown ? 'swapped' : 'moved up'
  return nextMovedDown ? 'moved down' : 'changed'
}

function messageOf({ kind, from, to }: Run): string {
  if (kind === 'swapped') return `events ${from} and ${to} have changed places`
  if (kind === 'moved up') return `the event that was at position ${from} is missing, and those after it have moved up`
  if (kind === 'moved down') return `the event at position ${from} was added, and those after it have moved down`
  return from === to ? `event ${from} was changed` : `events ${from} to ${to} were changed`
}

/** Whether the event would have this hash at the other one's position, with its own or the other's time and version. */
function matches(record: EventRecord, other: EventRecord, hash: Buffer): boolean {
  const versions = record.stream === other.stream ? [record.version, other.version] : [record.version]
  const times = [record.at, other.at]
  return versions.some((version) =>
    times.some((at) => leafHashOf({ ...record, position: other.position, version, at }).equals(hash)),
  )
}
