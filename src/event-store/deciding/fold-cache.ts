import { LRUCache } from 'lru-cache'
import type { RecordedEvent } from '../event.js'
import type { EventStore } from '../log/event-store.js'
import type { Aggregate } from './aggregate.js'
import { PastCommands } from './past-commands.js'
import type { StoredFolds, StreamFold } from './stored-folds.js'

export interface FoldCacheOptions {
  /** How many commands the folds in memory may know in all: a fold's memory grows with its commands. */
  rememberedCommands?: number
  /** Stores the states of an aggregate with a `fold`. Without it, streams that are not in memory are folded in full. */
  folds?: StoredFolds
}

/**
 * The folds of an aggregate's streams, the most used ones in memory. A fold in memory may be older than the stream:
 * another process may have appended. `refresh` adds what a majority has now.
 */
export class FoldCache<State, Event extends { type: string }> {
  private readonly cache: LRUCache<string, StreamFold<State>>
  private readonly folds?: StoredFolds

  constructor(
    private readonly store: EventStore,
    private readonly aggregate: Aggregate<State, Event>,
    { rememberedCommands = 500_000, folds }: FoldCacheOptions = {},
  ) {
    this.cache = new LRUCache({ maxSize: rememberedCommands, sizeCalculation: ({ commands }) => commands.weight + 10 })
    this.folds = folds
  }

  get(stream: string): StreamFold<State> | undefined {
    return this.cache.get(stream)
  }

  async load(stream: string): Promise<StreamFold<State>> {
    const found = await this.folds?.load<State>(stream, this.aggregate)
    return found ? this.add(stream, found.stored, found.newer) : this.refresh(stream, this.emptyFold())
  }

  /** From the first event, with every command exactly. Not kept in memory. */
  async loadWhole(stream: string): Promise<StreamFold<State>> {
    return this.evolve(this.emptyFold(), await this.eventsAfter(stream, 0))
  }

  async refresh(stream: string, fold: StreamFold<State>): Promise<StreamFold<State>> {
    const events = await this.eventsAfter(stream, fold.version)
    return events.length === 0 ? fold : this.add(stream, fold, events)
  }

  /** The fold with some more events, kept in memory unless a newer one is there. */
  add(stream: string, fold: StreamFold<State>, events: readonly RecordedEvent[]): StreamFold<State> {
    const grown = this.evolve(fold, events)
    const known = this.cache.get(stream)
    if (known && known.version >= grown.version) return grown
    const kept = this.folds?.keep(stream, this.aggregate, grown) ?? grown
    this.cache.set(stream, kept)
    return kept
  }

  private async eventsAfter(stream: string, after: number): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = []
    for await (const event of this.store.readStream(stream, { after, withoutPersonal: true })) events.push(event)
    return events
  }

  private emptyFold(): StreamFold<State> {
    const { initial: state } = this.aggregate
    return { state, version: 0, position: 0, at: new Date(0), commands: new PastCommands(), stored: 0 }
  }

  /** Two commands may do this at once, each from the same fold. They share its commands, because these only grow. */
  private evolve(fold: StreamFold<State>, events: readonly RecordedEvent[]): StreamFold<State> {
    let { state, version, position, at } = fold
    for (const event of events) {
      state = this.aggregate.evolve(state, withoutPersonal(event) as unknown as Event)
      ;({ version, position, at } = event)
      fold.commands.add(event)
    }
    return { ...fold, state, version, position, at }
  }
}

function withoutPersonal(event: RecordedEvent): RecordedEvent {
  if (!event.personal) return event
  const { personal: _, commitment: __, ...rest } = event
  return rest
}
