import { Injectable } from '@nestjs/common'
import { type Command, CommandBus, type Query, QueryBus } from '@nestjs/cqrs'
import { Engine } from '../event-store/engine.js'
import { inSpan } from '../event-store/span.js'
import type { Cause } from './cause.js'

/** What every command answers: where its effect is in the log; 0 when there was nothing to do. */
export interface Effect {
  readonly position: number
}

/** A command that the edge may send. */
export type Caused<Result extends Effect> = Command<Result> & { readonly cause: Cause }

/** Controllers send commands and queries here. */
@Injectable()
export class Bus {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly engine: Engine,
  ) {}

  /**
   * Answers when the command's effect can be read, by any process. The wait is bounded: a read model that is late
   * delays the answer, it doesn't lose it.
   */
  async command<Result extends Effect>(command: Caused<Result>): Promise<Result> {
    const result = await inSpan(command.constructor.name, {}, () => this.commands.execute(command))
    await this.visible(command.cause, result.position)
    return result
  }

  query<Result>(query: Query<Result>): Promise<Result> {
    return this.queries.execute(query)
  }

  /** Notes that the request has led to this position, and waits until it can be read. */
  async visible(cause: Cause, position: number): Promise<void> {
    cause.logPosition = Math.max(cause.logPosition, position)
    if (position === 0 || cause.isAsync) return
    const attributes = { 'verbatim.position': position }
    await inSpan('wait for projections', { attributes }, () => this.engine.projections.reached(position))
  }
}
