import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { Engine } from '../../../event-store/engine.js'
import type { RecordedEventOf } from '../../../event-store/catalog.js'
import type { Effect } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { type OperationEvents, retryProjection } from '../../operations.js'
import { ProjectionStreams } from '../projection-streams.js'

export class RetryProjection extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
  ) {
    super()
  }
}

/** A projection that has failed tries the same event again. A repeat of the command does not try once more. */
@CommandHandler(RetryProjection)
export class RetryProjectionHandler implements ICommandHandler<RetryProjection> {
  constructor(
    private readonly engine: Engine,
    private readonly streams: ProjectionStreams,
  ) {}

  async execute({ cause, name }: RetryProjection): Promise<Effect> {
    const orders = this.engine.projections.control(name)
    const failedAt = await orders.failedAt()
    const { position, events, state } = await this.streams.execute(name, cause.meta, retryProjection(name, failedAt))
    const [{ data, version }] = events as [RecordedEventOf<OperationEvents, 'ProjectionRetried'>]
    await orders.retry(data.position, version, state.isPaused)
    return { position }
  }
}
