import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { cursorOf } from '../../http/pages.js'
import { RequestedHistories, type RequestedHistory } from './requested-history.js'
import { History } from './history.js'
import { type Found, positionOf } from './selection.js'
import { type ShownEvent, shownEvent } from './shown-event.js'

export interface HistoryPage {
  events: ShownEvent[]
  /** The last page ends here: at the head of the log when the first was asked for, or before `until`. */
  upTo: number
  nextCursor?: string
}

/** A page of the log, recorded. */
export class ReadHistory extends Query<HistoryPage> {
  constructor(
    readonly cause: Cause,
    readonly asked: RequestedHistory,
    readonly limit: number,
  ) {
    super()
  }
}

/** How much of the log one page looks through: who wants rare events gets pages that are not full. */
const mostPositions = 100_000

@QueryHandler(ReadHistory)
export class ReadHistoryHandler implements IQueryHandler<ReadHistory> {
  constructor(
    private readonly engine: Engine,
    private readonly asked: RequestedHistories,
    private readonly history: History,
  ) {}

  async execute({ cause, asked, limit }: ReadHistory): Promise<HistoryPage> {
    const selection = await this.asked.begin(cause, asked)
    const { from, upTo } = selection
    const found: Found[] = []
    let next = upTo + 1
    for await (const stretch of this.history.walk(selection, limit + 1)) {
      found.push(...stretch.found)
      next = found.length > limit ? positionOf(found[limit]!) : stretch.to + 1
      if (found.length > limit || next - from >= mostPositions) break
    }
    const events = await Promise.all(found.slice(0, limit).map((one) => shownEvent(this.engine.vault, one, asked.open)))
    return { events, upTo, ...(next <= upTo && { nextCursor: cursorOf(next, upTo) }) }
  }
}
