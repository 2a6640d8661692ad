import { randomUUID } from 'node:crypto'
import { Logger } from '@nestjs/common'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Certificate } from '../../event-store/projecting/certificate.js'
import { Engine } from '../../event-store/engine.js'
import { EventStoreError } from '../../event-store/errors.js'
import type { ShadowOptions } from '../../event-store/projecting/shadow.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { recordRebuildEnd, recordRebuildStart } from '../operations.js'
import { ProjectionStreams } from './projection-streams.js'

export interface RebuildProjectionResult extends Effect {
  /** Settles when the rebuild ends; undefined if another process rebuilds, or if the rebuild has ended before. */
  readonly certificate?: Promise<Certificate>
}

export class RebuildProjection extends Command<RebuildProjectionResult> {
  constructor(
    readonly cause: Cause,
    readonly name: string,
    readonly options: Pick<ShadowOptions, 'onProgress' | 'signal'> = {},
  ) {
    super()
  }
}

/**
 * Answers when the rebuild has begun and is recorded; the rebuild goes on in this process. A crash of the process leaves
 * nothing of the rebuild but the record, and the same command starts it again. While a projection is being rebuilt, a
 * repeat of the command changes nothing, and another command is refused.
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
    this.engine.projections.control(name) // throws if there is no such projection
    const earlier = await this.streams.repeatOf(name, cause.meta)
    if (earlier && earlier.state.rebuilding !== cause.commandId) return { position: earlier.position }
    try {
      return await this.start(command)
    } catch (error) {
      if (earlier && isUnderWay(error)) return { position: earlier.position }
      throw error
    }
  }

  private start({ cause, name, options }: RebuildProjection): Promise<RebuildProjectionResult> {
    return new Promise((resolve, reject) => {
      const onBegun = async () => {
        const { version } = this.engine.projections.projectionNamed(name)
        const start = recordRebuildStart(name, version, cause.commandId)
        const { position } = await this.streams.execute(name, cause.meta, start)
        resolve({ position, certificate })
      }
      const certificate = this.rebuild(name, cause, { ...options, onBegun, cause: cause.commandId })
      certificate.catch((error: unknown) => {
        this.log.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        reject(error) // does nothing if the rebuild had begun
      })
    })
  }

  /** A crash before the end is recorded leaves the certificate: it was stored before the new model took its place. */
  private async rebuild(name: string, { meta, commandId }: Cause, options: ShadowOptions): Promise<Certificate> {
    const [certificate] = (await this.engine.projections.rebuild([name], options)) as [Certificate]
    const differing = certificate.live?.differing ?? 0
    if (differing > 0) this.log.warn(`${name}: ${differing} documents of the replaced model were not what the log says`)
    const endMeta = { ...meta, commandId: randomUUID(), causation: commandId }
    await this.streams.execute(name, endMeta, recordRebuildEnd(commandId, certificate))
    return certificate
  }
}

const isUnderWay = (error: unknown) => error instanceof EventStoreError && error.code === 'rebuild_in_progress'
