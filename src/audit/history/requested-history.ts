import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { Cause } from '../../commands/cause.js'
import { definedFields } from '../../commands/defined-fields.js'
import { placeOf } from '../../http/pages.js'
import { refusal } from '../../http/validation.js'
import { ownerStream } from '../../identity/users.js'
import type { Access } from './access.js'
import { Evidence } from './evidence.js'
import { LogSearch } from './log-search.js'
import type { Selection, Wanted } from './selection.js'

/** What somebody asks of the log. */
export interface RequestedHistory extends Wanted {
  /** Whose: everybody's, one stream's or one account's. */
  of?: { stream: string } | { user: string }
  since?: Date
  /** Up to, not including. */
  until?: Date
  from?: number
  /** Where an earlier page has ended. */
  cursor?: string
  /** Open the personal words. */
  open: boolean
}

/**
 * Where every reading of the log begins: it finds out between which positions, and leaves evidence. A reading ends at
 * the head it began with, its later pages too, so none follows the evidence that it leaves.
 */
@Injectable()
export class RequestedHistories {
  private readonly types: ReadonlySet<string>

  constructor(
    engine: Engine,
    private readonly places: LogSearch,
    private readonly evidence: Evidence,
  ) {
    this.types = new Set(engine.catalog.list().map(({ type }) => type))
  }

  async begin(cause: Cause, asked: RequestedHistory): Promise<Selection> {
    this.check(asked)
    const { of, open, since, until, stream, user, type, actor } = asked
    const wanted = { stream, user, type, actor, ...of }
    const [from, upTo] = await this.range(asked, (await this.places.head()).position)
    const begins = Math.max(from, await this.beginningOf(wanted))
    const filters = definedFields({ stream, user, type, actor, since, until })
    const narrowed = Object.keys(filters).length > 0 && { filters }
    await this.evidence.record(cause, { ...subjectOf(of), ...narrowed, from: begins, upTo, opened: open })
    return { ...wanted, from: begins, upTo }
  }

  private check({ type, since, until }: RequestedHistory): void {
    if (type !== undefined && !this.types.has(type))
      throw refusal([{ field: 'type', message: 'must be an event type; /audit/event-types has them all' }])
    if (since && until && since >= until) throw refusal([{ field: 'since', message: 'must be before until' }])
  }

  private async range(
    { cursor, from = 1, since, until }: RequestedHistory,
    head: number,
  ): Promise<readonly [from: number, upTo: number]> {
    const place = placeOf(cursor, 'number', 'number')
    if (place) {
      if (!place.every((position) => Number.isSafeInteger(position) && position > 0))
        throw refusal([{ field: 'cursor', message: 'must be the nextCursor of an earlier answer' }])
      return [place[0], Math.min(place[1], head)]
    }
    if (from > head + 1) throw beyondHead('from', from, head)
    const [first, last] = await Promise.all([
      since && this.places.positionAt(justBefore(since)),
      until && this.places.positionAt(justBefore(until)),
    ])
    return [Math.max(from, (first ?? 0) + 1), last ?? head]
  }

  /** Nothing of an account or of a stream comes before its first event. */
  private async beginningOf({ stream, user }: Wanted): Promise<number> {
    const streams = [...(stream === undefined ? [] : [stream]), ...(user === undefined ? [] : [ownerStream(user)])]
    const beginnings = await Promise.all(streams.map((name) => this.places.beginningOf(name)))
    if (beginnings.includes(undefined))
      throw new Refused('not_found', stream === undefined ? 'there is no such account' : 'there is no such stream')
    return Math.max(1, ...beginnings.map(Number))
  }
}

function subjectOf(of: RequestedHistory['of']): Pick<Access, 'what' | 'of'> {
  if (!of) return { what: 'events' }
  return 'stream' in of ? { what: 'stream', of: of.stream } : { what: 'user', of: of.user }
}

export function beyondHead(field: string, position: number, head: number): Refused {
  const message = `is ${position}, and the log ends at ${head}`
  return new Refused('position_beyond_head', `${field} ${message}`, { errors: [{ field, message }] })
}

/** Times in the log have milliseconds. */
const justBefore = (time: Date) => new Date(time.getTime() - 1)
