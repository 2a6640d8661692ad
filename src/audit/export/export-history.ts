import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { HistoryRequests, type HistoryRequest } from '../history/history-request.js'
import { exportLines } from './export-lines.js'
import { LogScan } from '../history/log-scan.js'

/** All events that a request selects, as lines of an export. The read is recorded before the first line. */
export class ExportHistory extends Query<AsyncIterable<string>> {
  constructor(
    readonly cause: Cause,
    readonly request: HistoryRequest,
  ) {
    super()
  }
}

@QueryHandler(ExportHistory)
export class ExportHistoryHandler implements IQueryHandler<ExportHistory> {
  constructor(
    private readonly engine: Engine,
    private readonly requests: HistoryRequests,
    private readonly scan: LogScan,
  ) {}

  async execute({ cause, request }: ExportHistory): Promise<AsyncIterable<string>> {
    const selection = await this.requests.accept(cause, request)
    return exportLines(this.engine.vault, this.scan.read(selection), request.open)
  }
}
