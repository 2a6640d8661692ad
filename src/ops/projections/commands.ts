import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { type OperationEvents, pauseProjection, resumeProjection, retryProjection, skipEvent } from '../operations.js'
import { ProjectionStreams } from './projection-streams.js'

/**
 * What operators can decide about a projection. Each decision is recorded first and carried out then: after a crash in
 * between, a repeat of the command carries it out.
 */
abstract class ProjectionCommand extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
  ) {
    super()
  }
}

export class PauseProjection extends ProjectionCommand {}
export class ResumeProjection extends ProjectionCommand {}
export class RetryProjection extends ProjectionCommand {}

export class SkipEvent extends ProjectionCommand {
  constructor(
    cause: Cause,
    name: string,
    readonly position: number,
    readonly reason: string,
  ) {
    super(cause, name)
  }
}

/** Answers when no process projects it any more. */
@CommandHandler(PauseProjection)
export class PauseProjectionHandler implements ICommandHandler<PauseProjection> {
  constructor(private readonly streams: ProjectionStreams) {}

  execute(command: PauseProjection): Promise<Effect> {
    return setPaused(this.streams, command, pauseProjection)
  }
}

/** The projection then takes what happened while it was paused. */
@CommandHandler(ResumeProjection)
export class ResumeProjectionHandler implements ICommandHandler<ResumeProjection> {
  constructor(private readonly streams: ProjectionStreams) {}

  execute(command: ResumeProjection): Promise<Effect> {
    return setPaused(this.streams, command, resumeProjection)
  }
}

async function setPaused(
  streams: ProjectionStreams,
  { cause, name }: ProjectionCommand,
  decide: typeof pauseProjection,
): Promise<Effect> {
  const control = streams.control(name)
  const failedAt = await control.failedAt()
  const { position } = await streams.execute(name, cause.meta, decide(name, failedAt))
  const { state, version } = await streams.read(name)
  await control.setPaused(state.isPaused, version)
  return { position }
}

/** A projection that has failed tries the same event again. A repeat of the command does not try once more. */
@CommandHandler(RetryProjection)
export class RetryProjectionHandler implements ICommandHandler<RetryProjection> {
  constructor(private readonly streams: ProjectionStreams) {}

  async execute({ cause, name }: RetryProjection): Promise<Effect> {
    const control = this.streams.control(name)
    const failedAt = await control.failedAt()
    const { position, events, state } = await this.streams.execute(name, cause.meta, retryProjection(name, failedAt))
    const [{ data, version }] = events as [RecordedEventOf<OperationEvents, 'ProjectionRetried'>]
    await control.retry(data.position, version, state.isPaused)
    return { position }
  }
}

/**
 * A projection that has failed at an event goes on without it, and so does every rebuild of the same version: both read
 * the record in the log. A crash after the record leaves a projection that is still in the state `failed`; a repeat,
 * another skip or a retry makes it go on, past the event. Two operators who skip the same event skip it once.
 */
@CommandHandler(SkipEvent)
export class SkipEventHandler implements ICommandHandler<SkipEvent> {
  constructor(private readonly streams: ProjectionStreams) {}

  async execute({ cause, name, position: at, reason }: SkipEvent): Promise<Effect> {
    const control = this.streams.control(name)
    const record = (version: number) => this.streams.execute(name, cause.meta, skipEvent(name, version, at, reason))
    const { position } = (await this.streams.repeatOf(name, cause.meta)) ?? (await control.whileFailedAt(at, record))
    const { state, version } = await this.streams.read(name)
    await control.retry(at, version, state.isPaused)
    return { position }
  }
}
