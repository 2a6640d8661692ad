import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { OperationRecords } from '../../operation-records.js'
import { type Report, Retention } from '../retention.js'

export interface RetentionEnded extends Effect {
  readonly reports: readonly Report[]
}

interface Watching {
  readonly signal: AbortSignal
  readonly onProgress?: (task: string, done: number, total: number) => void
}

export class RunRetention extends Command<RetentionEnded> {
  constructor(
    readonly cause: Cause,
    /** By when something must be over to be ended. */
    readonly judgedAt: Date,
    readonly watching: Watching,
  ) {
    super()
  }
}

/**
 * Recorded when it has ended something. A crash before that leaves the erasures, which are events themselves, without
 * the sum of them.
 */
@CommandHandler(RunRetention)
export class RunRetentionHandler implements ICommandHandler<RunRetention> {
  constructor(
    private readonly retention: Retention,
    private readonly records: OperationRecords,
  ) {}

  async execute({ cause, judgedAt, watching: { signal, onProgress } }: RunRetention): Promise<RetentionEnded> {
    const reports = await this.retention.run(judgedAt, signal, onProgress)
    const tasks = reports.map(({ task, done, left = 0 }) => ({ task, done, left }))
    const hasEnded = tasks.some(({ done }) => done > 0)
    const position = hasEnded
      ? await this.records.add('retention', cause.meta, { type: 'RetentionRan', data: { judgedAt, tasks } })
      : 0
    return { position, reports }
  }
}
