import { Random } from '../../support/seeds.js'
import type { FaultKind } from './fault-kind.js'

export interface Scheduled {
  kind: FaultKind
  /** Before it strikes. */
  calmMs: number
  lastsMs: number
  /** With which the fault chooses whom it strikes. */
  draw: number
}

/**
 * Faults without an end. The seed alone decides their order, their victims and how long they last. All kinds come once
 * before any comes again, so that each is done about as often.
 */
export function* schedule(seed: number, kinds: readonly FaultKind[]): Generator<Scheduled> {
  const random = new Random(seed)
  for (;;) {
    for (const kind of shuffled(kinds, random)) {
      const [least, most] = kind.seconds ?? [0, 0]
      const lastsMs = least * 1000 + random.below((most - least) * 1000 + 1)
      yield { kind, calmMs: 300 + random.below(1200), lastsMs, draw: random.below(1_000_000) }
    }
  }
}

function shuffled<T>(things: readonly T[], random: Random): T[] {
  const left = [...things]
  return things.map(() => left.splice(random.below(left.length), 1)[0]!)
}
