import { isDeepStrictEqual } from 'node:util'
import type { Aggregate, Decide } from './aggregate.js'
import { Refused } from '../errors.js'
import type { NewEvent } from '../event.js'

/**
 * For tests of decisions: givenStream(counter, events).when(decide).then(events), or .thenRefused(code). Pure: no store, no
 * clock.
 */
export function givenStream<State, Event extends { type: string }>(
  aggregate: Aggregate<State, Event>,
  past: readonly NewEvent[] = [],
) {
  const recorded = { at: new Date(0), meta: { actor: 'somebody', commandId: 'earlier' } }
  const state = past.reduce(
    (folded, event) => aggregate.evolve(folded, { ...recorded, ...event } as unknown as Event),
    aggregate.initial,
  )
  return {
    when(decide: Decide<State>) {
      const outcome = attempt(() => decide(state))
      return {
        then(expected: readonly NewEvent[]): void {
          if (outcome instanceof Refused) throw new Error(`refused with ${outcome.code}: ${outcome.message}`)
          if (!isDeepStrictEqual(outcome, expected)) {
            throw new Error(
              `decided ${JSON.stringify(outcome, null, 2)}\nexpected ${JSON.stringify(expected, null, 2)}`,
            )
          }
        },
        thenRefused(code: string): void {
          if (!(outcome instanceof Refused))
            throw new Error(`expected a refusal with ${code}, decided ${JSON.stringify(outcome)}`)
          if (outcome.code !== code)
            throw new Error(`expected a refusal with ${code}, got ${outcome.code}: ${outcome.message}`)
        },
      }
    },
    /** The folded state itself, for what no decision depends on. */
    state,
  }
}

function attempt<T>(work: () => T): T | Refused {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}
