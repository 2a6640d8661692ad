import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import type { RecordedEvent } from '../../event-store/event.js'
import { isDateTime } from '../../http/field-checks.js'
import { invalidFields } from '../../http/validation.js'
import { beyondHead } from '../history/history-request.js'
import { LogSearch } from '../history/log-search.js'

/** A point in the log. It includes the first events of the log, and of each stream, up to some event and none after it. */
export interface PointInLog {
  includes(event: RecordedEvent): boolean
}

export const pointAtPosition = (last: number): PointInLog => ({ includes: ({ position }) => position <= last })

const pointAtTime = (time: Date): PointInLog => ({ includes: ({ at }) => at <= time })

/** Resolves what a reader may give as a moment: a position, a date and time, or nothing, which means now. */
@Injectable()
export class PointsInLog {
  constructor(
    private readonly search: LogSearch,
    private readonly engine: Engine,
  ) {}

  /** Refuses points in the future, because events may still be appended before them. */
  async resolve(at: string | undefined): Promise<PointInLog> {
    const head = await this.search.head()
    if (at === undefined) return pointAtPosition(head.position)
    if (/^[1-9]\d{0,14}$/.test(at)) {
      if (Number(at) > head.position) throw beyondHead('at', Number(at), head.position)
      return pointAtPosition(Number(at))
    }
    if (!isDateTime(at))
      throw invalidFields([
        { field: 'at', message: 'must be a position, or a date and time such as 2026-01-31T12:00:00Z' },
      ])
    const time = new Date(at)
    if (time.getTime() > Math.max(this.engine.clock.now().getTime(), head.at.getTime()))
      throw invalidFields([{ field: 'at', message: 'must not be in the future' }])
    return pointAtTime(time)
  }
}
