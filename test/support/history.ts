import type { Aggregate, Decide } from '../../src/event-store/deciding/aggregate.js'
import { Refused } from '../../src/event-store/errors.js'
import type { AppendMeta, NewEvent } from '../../src/event-store/event.js'
import { deepFreeze } from './deep-freeze.js'
import type { Random } from './seeds.js'

/** An event that an aggregate decided, with its stream, its time and its command. */
export interface GeneratedEvent extends NewEvent {
  readonly stream: string
  readonly at: Date
  readonly meta: AppendMeta
}

/** All streams as they are so far, and what gives them commands. */
export class History {
  readonly events: GeneratedEvent[] = []
  /** The ids of accounts, guests, chats and projects that were erased. */
  readonly erased = new Set<string>()
  /** By stream. */
  readonly states = new Map<string, unknown>()
  private readonly ids = new Map<string, string[]>()
  private now = Date.UTC(2024, 0, 1)
  private commands = 0

  constructor(
    readonly random: Random,
    private readonly keysOutliveErasure: boolean,
  ) {}

  /** An id of its own for a thing of this kind. */
  newId(kind: string): string {
    const known = this.ids.get(kind) ?? []
    const id = `<${kind} ${known.length + 1}>`
    this.ids.set(kind, [...known, id])
    return id
  }

  /** One that was made before, now and then one that never was. */
  someId(kind: string): string {
    return this.random.one([...(this.ids.get(kind) ?? []), `<${kind} 0>`])
  }

  stateOf<State, Event extends { type: string }>({ initial }: Aggregate<State, Event>, stream: string): State {
    return (this.states.get(stream) as State | undefined) ?? deepFreeze(initial)
  }

  /**
   * What a decider does, without a log. A decision is a list of events or a refusal; anything else that is thrown is a
   * fault. States are frozen, so whatever changes one throws. `below` are the ids whose erasure destroys the stream's
   * key.
   */
  execute<State, Event extends { type: string }>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    below: readonly string[],
    decide: Decide<State>,
  ): readonly NewEvent[] {
    if (!this.keysOutliveErasure && below.some((id) => this.erased.has(id))) return []
    const decision = decideOrRefuse(decide, this.stateOf(aggregate, stream))
    const meta = { actor: 'somebody', commandId: `command ${++this.commands}` }
    const at = this.tick()
    for (const decided of decision) {
      const event = { ...decided, stream, at, meta }
      const state = aggregate.evolve(this.stateOf(aggregate, stream), event as unknown as Event)
      this.states.set(stream, deepFreeze(state))
      this.events.push(event)
    }
    return decision
  }

  /** A moment later, or at the same time, or in another hour. */
  private tick(): Date {
    this.now += this.random.one([0, 1, 1_000, 60_000, 3_600_000])
    return new Date(this.now)
  }
}

function decideOrRefuse<State>(decide: Decide<State>, state: State): readonly NewEvent[] {
  try {
    return decide(state)
  } catch (error) {
    if (error instanceof Refused) return []
    throw error
  }
}
