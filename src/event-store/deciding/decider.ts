import { LRUCache } from 'lru-cache'
import { EventStoreError, Refused, VersionConflict } from '../errors.js'
import type { AppendMeta, NewEvent, RecordedEvent } from '../event.js'
import type { EventStore } from '../log/event-store.js'
import { type PastCommand, PastCommands } from './past-commands.js'
import { backoff, pause } from '../timing.js'
import type { StreamFold, StoredFolds } from './stored-folds.js'

/** What a stream means: where its state begins, and what each event makes of it. */
export interface Aggregate<State, Event extends { type: string }> {
  readonly initial: State
  /** Pure. Knows no personal data, so that states can be kept in memory. */
  readonly evolve: (state: State, event: Event) => State
  /**
   * The version of its states: raise it whenever `evolve` makes others of the same events. With it the states of long
   * streams are stored, so they must come back from BSON as they were: plain objects and arrays of texts, numbers,
   * booleans, null and dates. A property that is undefined comes back absent, bytes as the driver's Binary; a Map, a
   * Set or an object of a class is reported and not stored. Of the aggregates that fold the same streams, only one
   * may have it.
   */
  readonly fold?: number
}

/** State + command → new events; none when there is nothing to do. Pure; says no by throwing `Refused`. */
export type Decide<State> = (state: State) => readonly NewEvent[]

export interface CommandOptions {
  /** The stream whose key wraps this stream's key, should it begin now. */
  owner?: string
}

export interface CommandOutcome<State> {
  /** The events of this command: the ones just appended or, for a repeat, the ones appended then. */
  events: readonly RecordedEvent[]
  /** Position of the last of them; 0 when nothing was to do. */
  position: number
  /** The stream's state after it; for a repeat a later one, if more has happened since. */
  state: State
  repeated: boolean
}

export interface DeciderOptions {
  rememberedCommands?: number
  /** Where the states of an aggregate with a `fold` are stored; without it every cold stream is folded from its first event. */
  folds?: StoredFolds
}

/**
 * Load, fold, decide, append, and on a conflict fold what is new and decide again: once, for every aggregate.
 *
 * A command takes effect once: its id is in the folded stream, and the expected version makes looking for it and
 * appending one step. A cached state may be behind another process. A conflict shows that by itself, but a refusal or
 * an empty decision does not, so either is decided again on fresh state before it is returned.
 *
 * A fold that was stored, or has grown long, knows its older commands only by their hashes. No hash: the command is
 * certainly new. A hash: the whole stream is folded again and knows for sure, and what is decided then is decided on
 * just that fold, so looking and appending stay one step.
 */
export class Decider<State, Event extends { type: string }> {
  private readonly cache: LRUCache<string, StreamFold<State>>
  private readonly lines = new Map<string, Promise<void>>()
  private readonly folds?: StoredFolds

  constructor(
    private readonly store: EventStore,
    private readonly aggregate: Aggregate<State, Event>,
    { rememberedCommands = 500_000, folds }: DeciderOptions = {},
  ) {
    // Counted in commands, because they are what a state's memory grows with.
    this.cache = new LRUCache({ maxSize: rememberedCommands, sizeCalculation: ({ commands }) => commands.weight + 10 })
    this.folds = folds
  }

  /** Commands of one process on one stream go one after the other: they would only conflict with each other. */
  async execute(
    stream: string,
    meta: AppendMeta,
    decide: Decide<State>,
    options: CommandOptions = {},
  ): Promise<CommandOutcome<State>> {
    const before = this.lines.get(stream)
    const outcome = (before ?? Promise.resolve()).then(() => this.carryOut(stream, meta, decide, options))
    const turn = outcome.then(noop, noop)
    this.lines.set(stream, turn)
    try {
      return await outcome
    } finally {
      if (this.lines.get(stream) === turn) this.lines.delete(stream)
    }
  }

  private async carryOut(
    stream: string,
    meta: AppendMeta,
    decide: Decide<State>,
    { owner }: CommandOptions,
  ): Promise<CommandOutcome<State>> {
    let seen = this.cache.get(stream)
    let fresh = false
    for (let conflicts = 0; ;) {
      if (!seen) [seen, fresh] = [await this.load(stream), true]
      if (seen.commands.mayHave(meta.commandId)) [seen, fresh] = [await this.loadWhole(stream), true]
      const earlier = seen.commands.get(meta.commandId)
      if (earlier) return this.repeat(stream, meta, seen, earlier)
      const decision = decided(decide, seen.state)
      if (!Array.isArray(decision) || decision.length === 0) {
        if (!fresh) seen = await this.refresh(stream, seen)
        else if (decision instanceof Error) throw decision
        else return { events: [], position: 0, state: seen.state, repeated: false }
        fresh = true
        continue
      }
      const appended = await this.store.append({ stream, expected: seen.version, events: decision, meta, owner })
      if (!(appended instanceof VersionConflict)) {
        const folded = this.remember(stream, this.fold(seen, appended.events))
        return { events: appended.events, position: appended.position, state: folded.state, repeated: false }
      }
      if (++conflicts > 100)
        throw new EventStoreError('contended', `${stream} changes faster than this command can follow; repeat it`, {
          stream,
        })
      if (conflicts > 3) await pause(Math.random() * backoff(conflicts))
      ;[seen, fresh] = [await this.refresh(stream, seen), true]
    }
  }

  /** The state as a majority has it now. */
  async read(stream: string): Promise<{ state: State; version: number }> {
    const seen = this.cache.get(stream)
    return seen ? this.refresh(stream, seen) : this.load(stream)
  }

  private async load(stream: string): Promise<StreamFold<State>> {
    const found = await this.folds?.load<State>(stream, this.aggregate)
    return found ? this.remember(stream, this.fold(found.stored, found.news)) : this.refresh(stream, this.beginning())
  }

  /** From the first event, with every command exactly; not to be remembered. */
  private async loadWhole(stream: string): Promise<StreamFold<State>> {
    return this.fold(this.beginning(), await this.newsOf(stream, 0))
  }

  private async refresh(stream: string, seen: StreamFold<State>): Promise<StreamFold<State>> {
    const news = await this.newsOf(stream, seen.version)
    return news.length === 0 ? seen : this.remember(stream, this.fold(seen, news))
  }

  private async newsOf(stream: string, after: number): Promise<RecordedEvent[]> {
    const news: RecordedEvent[] = []
    for await (const event of this.store.readStream(stream, { after, withoutPersonal: true })) news.push(event)
    return news
  }

  private beginning(): StreamFold<State> {
    return {
      state: this.aggregate.initial,
      version: 0,
      position: 0,
      at: new Date(0),
      commands: new PastCommands(),
      stored: 0,
    }
  }

  /** Two commands may fold at once, each from the same state; its commands only grow, so they can share them. */
  private fold(seen: StreamFold<State>, events: readonly RecordedEvent[]): StreamFold<State> {
    let { state, version, position, at } = seen
    for (const event of events) {
      state = this.aggregate.evolve(state, withoutPersonal(event) as unknown as Event)
      ;({ version, position, at } = event)
      seen.commands.add(event)
    }
    return { ...seen, state, version, position, at }
  }

  private remember(stream: string, folded: StreamFold<State>): StreamFold<State> {
    const known = this.cache.get(stream)
    if (known && known.version >= folded.version) return folded
    const kept = this.folds?.keep(stream, this.aggregate, folded) ?? folded
    this.cache.set(stream, kept)
    return kept
  }

  private async repeat(
    stream: string,
    meta: AppendMeta,
    seen: StreamFold<State>,
    earlier: PastCommand,
  ): Promise<CommandOutcome<State>> {
    if (earlier.payload !== meta.payload) {
      throw new EventStoreError('command_reused', 'this command id was used for another command; take a new one', {
        stream,
      })
    }
    const events: RecordedEvent[] = []
    for await (const event of this.store.readStream(stream, { after: earlier.version - 1 })) {
      if (event.version >= earlier.version + earlier.events) break
      events.push(event)
    }
    return { events, position: events.at(-1)!.position, state: seen.state, repeated: true }
  }
}

const noop = () => {}

function withoutPersonal(event: RecordedEvent): RecordedEvent {
  if (!event.personal) return event
  const { personal: _, commitment: __, ...rest } = event
  return rest
}

function decided<State>(decide: Decide<State>, state: State): readonly NewEvent[] | Refused {
  try {
    return decide(state)
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}
