import { EventStoreError, Refused, VersionConflict } from '../errors.js'
import type { AppendMeta, NewEvent, RecordedEvent } from '../event.js'
import type { EventStore } from '../log/event-store.js'
import { backoff, pause } from '../timing.js'
import type { Aggregate, Decide } from './aggregate.js'
import { FoldCache, type FoldCacheOptions } from './fold-cache.js'
import type { PastCommand } from './past-commands.js'

export interface CommandOptions {
  /** The stream whose key wraps this stream's key, if this stream begins now. */
  owner?: string
}

export interface CommandOutcome<State> {
  /** The events of this command: those just appended or, for a repeat, those of the first time. */
  events: readonly RecordedEvent[]
  /** Position of the last of them; 0 when there was nothing to do. */
  position: number
  /** The stream's state after the command; for a repeat its present state. */
  state: State
  repeated: boolean
}

/**
 * Load, fold, decide, append, and on a conflict fold the new events and decide again: once, for every aggregate.
 *
 * A command takes effect once: its id is in the folded stream, and the expected version makes looking for it and
 * appending one step. A fold in memory may lack what another process has appended. A conflict shows that, but a refusal
 * or an empty decision does not, so either MUST be decided again on fresh state before it is returned.
 *
 * A fold that was stored, or has grown long, knows its older commands only by their hashes. If the hash is missing, the
 * command is certainly new. If it is there, the whole stream is folded again, which is certain, and the command is
 * decided on just that fold, so looking and appending stay one step.
 *
 * What a crash leaves: the append, or none. The caller repeats the command under the same id.
 */
export class Decider<State, Event extends { type: string }> {
  private readonly folds: FoldCache<State, Event>
  /** The end of each stream's queue of commands. */
  private readonly queues = new Map<string, Promise<void>>()

  constructor(
    private readonly store: EventStore,
    aggregate: Aggregate<State, Event>,
    options: FoldCacheOptions = {},
  ) {
    this.folds = new FoldCache(store, aggregate, options)
  }

  /** Commands of one process on one stream run one after the other; at once they would only conflict. */
  async execute(
    stream: string,
    meta: AppendMeta,
    decide: Decide<State>,
    options: CommandOptions = {},
  ): Promise<CommandOutcome<State>> {
    const before = this.queues.get(stream) ?? Promise.resolve()
    const outcome = before.then(() => this.decideAndAppend(stream, meta, decide, options))
    const end = outcome.then(noop, noop)
    this.queues.set(stream, end)
    try {
      return await outcome
    } finally {
      if (this.queues.get(stream) === end) this.queues.delete(stream)
    }
  }

  /**
   * The outcome of a command that was carried out before; undefined when it is new. For commands that do something
   * before they are recorded: a repeat must not do it again, and another command under the same id is refused.
   */
  async repeatOf(stream: string, meta: AppendMeta): Promise<CommandOutcome<State> | undefined> {
    const outcome = await this.execute(stream, meta, () => [])
    return outcome.repeated ? outcome : undefined
  }

  /** The state as this process remembers it; it may be old. */
  known(stream: string): State | undefined {
    return this.folds.get(stream)?.state
  }

  /** The state as a majority has it now. */
  async read(stream: string): Promise<{ state: State; version: number }> {
    const fold = this.folds.get(stream)
    return fold ? this.folds.refresh(stream, fold) : this.folds.load(stream)
  }

  private async decideAndAppend(
    stream: string,
    meta: AppendMeta,
    decide: Decide<State>,
    { owner }: CommandOptions,
  ): Promise<CommandOutcome<State>> {
    let fold = this.folds.get(stream)
    let isFresh = false
    for (let conflicts = 0; ;) {
      if (!fold) [fold, isFresh] = [await this.folds.load(stream), true]
      if (fold.commands.mayHave(meta.commandId)) [fold, isFresh] = [await this.folds.loadWhole(stream), true]
      const earlier = fold.commands.get(meta.commandId)
      if (earlier) return this.outcomeOfRepeat(stream, meta, fold.state, earlier)
      const decision = decisionOf(decide, fold.state)
      if (!Array.isArray(decision) || decision.length === 0) {
        if (!isFresh) fold = await this.folds.refresh(stream, fold)
        else if (decision instanceof Error) throw decision
        else return { events: [], position: 0, state: fold.state, repeated: false }
        isFresh = true
        continue
      }
      const appended = await this.store.append({ stream, expected: fold.version, events: decision, meta, owner })
      if (!(appended instanceof VersionConflict)) {
        const { state } = this.folds.add(stream, fold, appended.events)
        return { events: appended.events, position: appended.position, state, repeated: false }
      }
      if (++conflicts > 100)
        throw new EventStoreError('contended', `${stream} changes faster than this command can follow; repeat it`, {
          stream,
        })
      if (conflicts > 3) await pause(Math.random() * backoff(conflicts))
      ;[fold, isFresh] = [await this.folds.refresh(stream, fold), true]
    }
  }

  private async outcomeOfRepeat(
    stream: string,
    meta: AppendMeta,
    state: State,
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
    return { events, position: events.at(-1)!.position, state, repeated: true }
  }
}

const noop = () => {}

function decisionOf<State>(decide: Decide<State>, state: State): readonly NewEvent[] | Refused {
  try {
    return decide(state)
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}
