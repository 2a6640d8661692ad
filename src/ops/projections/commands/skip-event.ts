import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Engine } from '../../../event-store/engine.js'
import type { Effect } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { skipEvent } from '../../operations.js'
import { ProjectionStreams } from '../projection-streams.js'

export class SkipEvent extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
    readonly position: number,
    readonly reason: string,
  ) {
    super()
  }
}

/**
 * A projection that stands failed at an event goes on without it, and so does every rebuild of the same version: both
 * go by the record in the log. So a crash after the record leaves a projection that stands still and goes past the
 * event as soon as it is told to go on, by a repeat, by another skip or by a retry; and two operators skip it once.
 */
@CommandHandler(SkipEvent)
export class SkipEventHandler implements ICommandHandler<SkipEvent> {
  constructor(
    private readonly engine: Engine,
    private readonly streams: ProjectionStreams,
  ) {}

  async execute({ cause, name, position: at, reason }: SkipEvent): Promise<Effect> {
    const orders = this.engine.projections.control(name)
    const record = (version: number) => this.streams.execute(name, cause.meta, skipEvent(name, version, at, reason))
    const { position } = (await this.streams.repeatOf(name, cause.meta)) ?? (await orders.whileFailedAt(at, record))
    const { state, version } = await this.streams.read(name)
    await orders.retry(at, version, state.isPaused)
    return { position }
  }
}
