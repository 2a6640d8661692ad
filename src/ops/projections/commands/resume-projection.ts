import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Engine } from '../../../event-store/engine.js'
import type { Effect } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { resumeProjection } from '../../operations.js'
import { ProjectionStreams } from '../projection-streams.js'

export class ResumeProjection extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
  ) {
    super()
  }
}

/** Recorded first, then done. What happened while it was paused comes in now. */
@CommandHandler(ResumeProjection)
export class ResumeProjectionHandler implements ICommandHandler<ResumeProjection> {
  constructor(
    private readonly engine: Engine,
    private readonly streams: ProjectionStreams,
  ) {}

  async execute({ cause, name }: ResumeProjection): Promise<Effect> {
    const orders = this.engine.projections.control(name)
    const failedAt = await orders.failedAt()
    const { position } = await this.streams.execute(name, cause.meta, resumeProjection(name, failedAt))
    const { state, version } = await this.streams.read(name)
    await orders.setPaused(state.isPaused, version)
    return { position }
  }
}
