import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Engine } from '../../../event-store/engine.js'
import type { Effect } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { pauseProjection } from '../../operations.js'
import { ProjectionStreams } from '../projection-streams.js'

export class PauseProjection extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
  ) {
    super()
  }
}

/** Recorded first, then done: a crash in between is mended by a repeat. Answers when nobody projects it any more. */
@CommandHandler(PauseProjection)
export class PauseProjectionHandler implements ICommandHandler<PauseProjection> {
  constructor(
    private readonly engine: Engine,
    private readonly streams: ProjectionStreams,
  ) {}

  async execute({ cause, name }: PauseProjection): Promise<Effect> {
    const orders = this.engine.projections.control(name)
    const failedAt = await orders.failedAt()
    const { position } = await this.streams.execute(name, cause.meta, pauseProjection(name, failedAt))
    const { state, version } = await this.streams.read(name)
    await orders.setPaused(state.isPaused, version)
    return { position }
  }
}
