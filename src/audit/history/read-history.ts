import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { yieldEvery } from '../../event-store/timing.js'
import { cursorOf } from '../../http/pages.js'
import { type LoggedEvent, positionOf } from './event-selection.js'
import { type EventView, eventView } from './event-view.js'
import { type HistoryRequest, HistoryRequests } from './history-request.js'
import { LogScan } from './log-scan.js'

export interface HistoryPage {
  events: EventView[]
  /** Where the last page ends: the log's head at the time of the first page, or the last event before `until`. */
  upTo: number
  nextCursor?: string
}

/** A page of the log; the read is recorded. */
export class ReadHistory extends Query<HistoryPage> {
  constructor(
    readonly cause: Cause,
    readonly request: HistoryRequest,
    readonly limit: number,
  ) {
    super()
  }
}

/** How many positions one page scans at most. A filter that matches few events gives pages that are not full. */
const maxPositions = 100_000

@QueryHandler(ReadHistory)
export class ReadHistoryHandler implements IQueryHandler<ReadHistory> {
  constructor(
    private readonly engine: Engine,
    private readonly requests: HistoryRequests,
    private readonly scan: LogScan,
  ) {}

  async execute({ cause, request, limit }: ReadHistory): Promise<HistoryPage> {
    const selection = await this.requests.accept(cause, request)
    const { from, upTo } = selection
    const found: LoggedEvent[] = []
    let next = upTo + 1
    for await (const part of this.scan.read(selection, limit + 1)) {
      found.push(...part.events)
      next = found.length > limit ? positionOf(found[limit]!) : part.to + 1
      if (found.length > limit || next - from >= maxPositions) break
    }
    const turn = yieldEvery()
    const events: EventView[] = []
    for (const one of found.slice(0, limit)) {
      events.push(await eventView(this.engine.vault, one, request.open))
      await turn()
    }
    return { events, upTo, ...(next <= upTo && { nextCursor: cursorOf(next, upTo) }) }
  }
}
