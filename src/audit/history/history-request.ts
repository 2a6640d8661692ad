import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { Cause } from '../../commands/cause.js'
import { definedFields } from '../../commands/defined-fields.js'
import { badCursor, parseCursor } from '../../http/pages.js'
import { invalidFields } from '../../http/validation.js'
import { ownerStream } from '../../identity/users.js'
import type { AuditRead } from '../evidence/audit-read.js'
import { Evidence } from '../evidence/evidence.js'
import { LogSearch } from './log-search.js'
import { type ListName, listTypes } from '../lists/list-types.js'
import type { EventFilter, EventSelection } from './event-selection.js'

/** Which part of the log a reader asks for. */
export interface HistoryRequest extends Omit<EventFilter, 'types'> {
  type?: string
  /** Only the events that this list shows. */
  list?: ListName
  /** Only this stream's or this account's events; everything, if undefined. */
  of?: { stream: string } | { user: string }
  since?: Date
  /** Up to this time, not including it. */
  until?: Date
  from?: number
  /** The `nextCursor` of an earlier page. */
  cursor?: string
  /** Whether to open personal data. */
  open: boolean
}

/**
 * Turns a request for history into the positions to read, and records the read. A reading ends at the head that the log
 * had when it began, and so do its later pages: no reading reaches the evidence that it leaves itself.
 */
@Injectable()
export class HistoryRequests {
  private readonly types: ReadonlySet<string>

  constructor(
    engine: Engine,
    private readonly search: LogSearch,
    private readonly evidence: Evidence,
  ) {
    this.types = new Set(engine.catalog.list().map(({ type }) => type))
  }

  async accept(cause: Cause, request: HistoryRequest): Promise<EventSelection> {
    this.check(request)
    const { of, list, open, since, until, stream, user, type, readOf, actor } = request
    const types = list ? listTypes[list] : type === undefined ? undefined : [type]
    const filter = { stream, user, types, readOf, actor, ...of }
    const [from, upTo] = await this.range(request, (await this.search.head()).position)
    const first = Math.max(from, await this.firstPositionOf(filter))
    const filters = definedFields({ stream, user, type, readOf, actor, since, until })
    const evidenceFilters = Object.keys(filters).length > 0 && { filters }
    await this.evidence.record(cause, {
      ...(list ? { what: list } : subjectOf(of)),
      ...evidenceFilters,
      from: first,
      upTo,
      opened: open,
    })
    return { ...filter, from: first, upTo }
  }

  private check({ type, since, until }: HistoryRequest): void {
    if (type !== undefined && !this.types.has(type))
      throw invalidFields([{ field: 'type', message: 'must be an event type; /audit/event-types has them all' }])
    if (since && until && since >= until) throw invalidFields([{ field: 'since', message: 'must be before until' }])
  }

  private async range(
    { cursor, from = 1, since, until }: HistoryRequest,
    head: number,
  ): Promise<readonly [from: number, upTo: number]> {
    const place = parseCursor(cursor, 'number', 'number')
    if (place) {
      if (!place.every((position) => Number.isSafeInteger(position) && position > 0)) throw badCursor()
      return [place[0], Math.min(place[1], head)]
    }
    if (from > head + 1) throw beyondHead('from', from, head)
    const [first, last] = await Promise.all([
      since && this.search.positionAt(justBefore(since)),
      until && this.search.positionAt(justBefore(until)),
    ])
    return [Math.max(from, (first ?? 0) + 1), last ?? head]
  }

  /** No event of an account or a stream comes before the first event of its stream. */
  private async firstPositionOf({ stream, user }: EventFilter): Promise<number> {
    const streams = [...(stream === undefined ? [] : [stream]), ...(user === undefined ? [] : [ownerStream(user)])]
    const firsts = await Promise.all(streams.map((name) => this.search.firstPositionOf(name)))
    if (firsts.includes(undefined))
      throw new Refused('not_found', stream === undefined ? 'there is no such account' : 'there is no such stream')
    return Math.max(1, ...firsts.map(Number))
  }
}

function subjectOf(of: HistoryRequest['of']): Pick<AuditRead, 'what' | 'of'> {
  if (!of) return { what: 'events' }
  return 'stream' in of ? { what: 'stream', of: of.stream } : { what: 'user', of: of.user }
}

export function beyondHead(field: string, position: number, head: number): Refused {
  const message = `is ${position}, but the log ends at ${head}`
  return new Refused('position_beyond_head', `${field} ${message}`, { errors: [{ field, message }] })
}

/** One millisecond earlier: times in the log have milliseconds. */
const justBefore = (time: Date) => new Date(time.getTime() - 1)
