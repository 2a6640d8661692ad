import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { yieldEvery } from '../../event-store/timing.js'
import { type EventView, eventView } from './event-view.js'
import { type HistoryRequest, HistoryRequests } from './history-request.js'
import { HistoryPages, type PageEnd } from './history-pages.js'

export interface HistoryPage extends PageEnd {
  events: EventView[]
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

@QueryHandler(ReadHistory)
export class ReadHistoryHandler implements IQueryHandler<ReadHistory> {
  constructor(
    private readonly engine: Engine,
    private readonly requests: HistoryRequests,
    private readonly pages: HistoryPages,
  ) {}

  async execute({ cause, request, limit }: ReadHistory): Promise<HistoryPage> {
    const selection = await this.requests.accept(cause, request)
    const { found, ...page } = await this.pages.read(selection, limit)
    const turn = yieldEvery()
    const events: EventView[] = []
    for (const one of found) {
      events.push(await eventView(this.engine.vault, one, request.open))
      await turn()
    }
    return { events, ...page }
  }
}
