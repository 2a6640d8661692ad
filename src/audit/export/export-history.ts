import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { RequestedHistories, type RequestedHistory } from '../history/requested-history.js'
import { exportLines } from './export-lines.js'
import { History } from '../history/history.js'

/** The same as a page, but all of it, in the lines of an export. It is recorded before this is answered. */
export class ExportHistory extends Query<AsyncIterable<string>> {
  constructor(
    readonly cause: Cause,
    readonly asked: RequestedHistory,
  ) {
    super()
  }
}

@QueryHandler(ExportHistory)
export class ExportHistoryHandler implements IQueryHandler<ExportHistory> {
  constructor(
    private readonly engine: Engine,
    private readonly asked: RequestedHistories,
    private readonly history: History,
  ) {}

  async execute({ cause, asked }: ExportHistory): Promise<AsyncIterable<string>> {
    const selection = await this.asked.begin(cause, asked)
    return exportLines(this.engine.vault, this.history.walk(selection), asked.open)
  }
}
