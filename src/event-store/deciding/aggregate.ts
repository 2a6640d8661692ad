import type { NewEvent } from '../event.js'

/** What a stream means: its first state, and what each event makes of a state. */
export interface Aggregate<State, Event extends { type: string }> {
  readonly initial: State
  /** Pure. Gets no personal data, so that states can be kept in memory. */
  readonly evolve: (state: State, event: Event) => State
  /**
   * The version of its states: raise it whenever `evolve` makes other states of the same events. With it the states of
   * long streams are stored, so they MUST come back from BSON as they were: plain objects and arrays of texts, numbers,
   * booleans, null and dates. A property that is undefined comes back absent, bytes come back as the driver's Binary; a
   * Map, a Set or an instance of a class is reported and not stored. Of several aggregates that fold the same streams,
   * only one may have it.
   */
  readonly fold?: number
}

/** State + command → new events; none when there is nothing to do. Pure; says no by throwing `Refused`. */
export type Decide<State> = (state: State) => readonly NewEvent[]
