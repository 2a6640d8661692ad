import { randomUUID } from 'node:crypto'
import { Logger } from '@nestjs/common'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Certificate } from '../../event-store/projecting/certificate.js'
import { Engine } from '../../event-store/engine.js'
import { EventStoreError } from '../../event-store/errors.js'
import type { RebuildOptions } from '../../event-store/projecting/rebuild.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { recordRebuildEnd, recordRebuildStart } from '../operations.js'
import { ProjectionStreams } from './projection-streams.js'

export interface RebuildProjectionResult extends Effect {
  /** Settles when the rebuild has ended; undefined when it goes on elsewhere, or has ended before. */
  readonly ended?: Promise<Certificate>
}

export class RebuildProjection extends Command<RebuildProjectionResult> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
    readonly watching: Pick<RebuildOptions, 'onProgress' | 'signal'> = {},
  ) {
    super()
  }
}

/**
 * Answers when the rebuild has begun, and is recorded; it goes on in this process. Should that end before the rebuild
 * does, nothing of it remains but the record, and the same command begins it anew. One that is under way is not begun
 * twice: for the same command that is fine, for another it is refused.
 */
@CommandHandler(RebuildProjection)
export class RebuildProjectionHandler implements ICommandHandler<RebuildProjection> {
  private readonly log = new Logger('Rebuild')

  constructor(
    private readonly engine: Engine,
    private readonly streams: ProjectionStreams,
  ) {}

  async execute(command: RebuildProjection): Promise<RebuildProjectionResult> {
    const { cause, name } = command
    this.engine.projections.control(name) // there is one
    const earlier = await this.streams.repeatOf(name, cause.meta)
    if (earlier && earlier.state.rebuilding !== cause.commandId) return { position: earlier.position }
    try {
      return await this.begin(command)
    } catch (error) {
      if (earlier && isUnderWay(error)) return { position: earlier.position }
      throw error
    }
  }

  private begin({ cause, name, watching }: RebuildProjection): Promise<RebuildProjectionResult> {
    return new Promise((begun, refused) => {
      const onBegun = async () => {
        const { version } = this.engine.projections.projectionNamed(name)
        const { position } = await this.streams.execute(
          name,
          cause.meta,
          recordRebuildStart(name, version, cause.commandId),
        )
        begun({ position, ended })
      }
      const ended = this.rebuild(name, cause, { ...watching, onBegun, cause: cause.commandId })
      ended.catch((error: unknown) => {
        this.log.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        refused(error) // unless it had begun
      })
    })
  }

  /** A crash before the end is recorded leaves the certificate itself, which is kept before the model takes its place. */
  private async rebuild(name: string, { meta, commandId }: Cause, options: RebuildOptions): Promise<Certificate> {
    const [certificate] = (await this.engine.projections.rebuild([name], options)) as [Certificate]
    const ending = { ...meta, commandId: randomUUID(), causation: commandId }
    await this.streams.execute(name, ending, recordRebuildEnd(commandId, certificate))
    return certificate
  }
}

const isUnderWay = (error: unknown) => error instanceof EventStoreError && error.code === 'rebuild_in_progress'
