import { Injectable } from '@nestjs/common'
import { cursorOf } from '../../http/pages.js'
import { type EventSelection, type LoggedEvent, positionOf } from './event-selection.js'
import { LogScan } from './log-scan.js'

export interface PageEnd {
  /** Where the last page ends: the log's head at the time of the first page, or the last event before `until`. */
  upTo: number
  nextCursor?: string
}

/** How many positions one page scans at most. A filter that matches few events gives pages that are not full. */
const maxPositions = 100_000

@Injectable()
export class HistoryPages {
  constructor(private readonly scan: LogScan) {}

  async read(selection: EventSelection, limit: number): Promise<PageEnd & { found: LoggedEvent[] }> {
    const { from, upTo } = selection
    const found: LoggedEvent[] = []
    let next = upTo + 1
    for await (const part of this.scan.read(selection, limit + 1)) {
      found.push(...part.events)
      next = found.length > limit ? positionOf(found[limit]!) : part.to + 1
      if (found.length > limit || next - from >= maxPositions) break
    }
    return { found: found.slice(0, limit), upTo, ...(next <= upTo && { nextCursor: cursorOf(next, upTo) }) }
  }
}
