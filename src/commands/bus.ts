import { Injectable } from '@nestjs/common'
import { type Command, CommandBus, type Query, QueryBus } from '@nestjs/cqrs'
import { Engine } from '../event-store/engine.js'
import { inSpan } from '../event-store/span.js'
import type { Cause } from './cause.js'

/** The result of every command: the position of its last event in the log; 0 when there was nothing to do. */
export interface Effect {
  readonly position: number
}

/** A command that says why it is sent. */
export type CommandWithCause<Result extends Effect> = Command<Result> & { readonly cause: Cause }

/** Commands and queries are sent here, and a command is answered when its effect can be read. */
@Injectable()
export class Bus {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly engine: Engine,
  ) {}

  /**
   * Answers when every process can read the command's effect. The wait is bounded: a read model that is late delays
   * the answer and does not lose it. The cause says which read models do not show it then.
   */
  async command<Result extends Effect>(command: CommandWithCause<Result>): Promise<Result> {
    const result = await this.begin(command)
    await this.waitUntilVisible(command.cause, result.position)
    return result
  }

  /** Answers when the command's effect is durable, whether it can be read yet or not. */
  async begin<Result extends Effect>(command: CommandWithCause<Result>): Promise<Result> {
    const result = await inSpan(command.constructor.name, {}, () => this.commands.execute(command))
    command.cause.notePosition(result.position)
    return result
  }

  query<Result>(query: Query<Result>): Promise<Result> {
    return this.queries.execute(query)
  }

  /** Notes in the cause that it has led to this position, and waits until the position can be read. */
  async waitUntilVisible(cause: Cause, position: number): Promise<void> {
    cause.notePosition(position)
    if (position === 0 || cause.isAsync) return
    const attributes = { 'verbatim.position': position }
    const { projections } = this.engine
    await inSpan('wait for projections', { attributes }, () => projections.waitUntilVisible(position))
    cause.lacking = projections.lacking(position, projections.shown)
  }
}
