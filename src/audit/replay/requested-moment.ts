import { Injectable } from '@nestjs/common'
import type { RecordedEvent } from '../../event-store/event.js'
import { isMoment } from '../../http/fields.js'
import { refusal } from '../../http/validation.js'
import { beyondHead } from '../history/requested-history.js'
import { LogSearch } from '../history/log-search.js'

/** Whether an event had happened by then. Along the log, and along each stream, it is so up to some event and no further. */
export type HadHappened = (event: RecordedEvent) => boolean

/** What people mean by a moment: a position, a date and time, or nothing for now. */
@Injectable()
export class RequestedMoments {
  constructor(private readonly places: LogSearch) {}

  /** What is yet to come is refused: nobody knows how anything will be then. */
  async by(at: string | undefined): Promise<HadHappened> {
    const head = await this.places.head()
    if (at === undefined) return ({ position }) => position <= head.position
    if (/^[1-9]\d{0,14}$/.test(at)) {
      if (Number(at) > head.position) throw beyondHead('at', Number(at), head.position)
      return ({ position }) => position <= Number(at)
    }
    if (!isMoment(at))
      throw refusal([{ field: 'at', message: 'must be a position, or a date and time such as 2026-01-31T12:00:00Z' }])
    const time = new Date(at)
    if (time.getTime() > Math.max(Date.now(), head.at.getTime()))
      throw refusal([{ field: 'at', message: 'must not be in the future' }])
    return (event) => event.at <= time
  }
}
