import type { TreeHead } from '../../proof/checkpoint.js'
import type { VerificationError } from './verification-error.js'

/** Positions, both included. */
export type Range = readonly [from: number, to: number]

/** What a verification found. */
export interface Verification {
  events: number
  /** The newest signed tree head, and so how many of the events are signed. */
  signed?: TreeHead
  root: Buffer
  /** In the order of the log. There may be more when there are as many as are kept. */
  faults: readonly VerificationError[]
  /** What is between them, as far as all faults are known. */
  intact: readonly Range[]
}

/** Memory is bounded: more of them tell nobody more. */
const mostFaults = 1_000

/** The faults that a verification has found so far. */
export class Faults {
  private readonly found: { fault: VerificationError; at: number; range?: Range }[] = []

  get isFull(): boolean {
    return this.found.length >= mostFaults
  }

  /** `at`: where in the log it was noticed. `range`: what it says nothing good about, if that is more than it names. */
  add(fault: VerificationError, at: number, range?: Range): void {
    const named = fault.position === undefined ? undefined : ([fault.position, fault.until!] as const)
    if (!this.isFull) this.found.push({ fault, at: fault.position ?? at, range: range ?? named })
  }

  has(position: number): boolean {
    return this.found.some(({ range }) => range && range[0] <= position && position <= range[1])
  }

  /** In the order of the log. */
  all(): VerificationError[] {
    return this.found.toSorted((a, b) => a.at - b.at).map(({ fault }) => fault)
  }

  /** The parts of a range that no fault concerns. */
  intactIn([from, to]: Range): Range[] {
    const ranges = this.found.flatMap(({ range }) => (range ? [range] : [])).sort((a, b) => a[0] - b[0])
    const end = this.isFull ? Math.min(to, (ranges.at(-1)?.[0] ?? 1) - 1) : to
    const intact: Range[] = []
    let next = from
    for (const [first, last] of [...ranges, [end + 1, end + 1] as const]) {
      if (next < first && next <= end) intact.push([next, Math.min(first - 1, end)])
      next = Math.max(next, last + 1)
    }
    return intact
  }
}
