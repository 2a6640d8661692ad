import { Injectable } from '@nestjs/common'
import { Db } from 'mongodb'
import { type AppendDocument, lastPosition } from '../../event-store/event.js'
import { LogCollection } from '../../event-store/log/log-collection.js'
import { LogSearch } from './log-search.js'
import { eventsOf, filterOf, type Found, type Selection } from './selection.js'

/** What was found in some part of the log; everything up to `to` has been looked at. */
export interface Stretch {
  readonly found: Found[]
  readonly to: number
}

/** Positions, or versions of a stream, that one query looks through. */
const window = 10_000
const mostAppends = 500
const mostBytes = 4 * 1024 * 1024

/**
 * Walks through the log, or through one stream, in stretches that are bounded in time and in memory. Nothing is held
 * open between two of them, so a reader may take as long as it likes, and may leave.
 */
@Injectable()
export class History {
  private readonly log: LogCollection

  constructor(
    db: Db,
    private readonly places: LogSearch,
  ) {
    this.log = new LogCollection(db)
  }

  /** In the order of the log; so many appends at once, for who wants no more than that. */
  walk(selection: Selection, atOnce = mostAppends): AsyncGenerator<Stretch> {
    return selection.stream === undefined
      ? this.throughLog(selection, atOnce)
      : this.throughStream(selection.stream, selection, atOnce)
  }

  private async *throughLog(selection: Selection, atOnce: number): AsyncGenerator<Stretch> {
    const { from, upTo } = selection
    for (let next = await this.beginningOf(from); next <= upTo;) {
      const beyond = Math.min(next + window, upTo + 1)
      const { appends, isAll } = await this.some(
        { ...filterOf(selection), _id: { $gte: next, $lt: beyond } },
        { _id: 1 },
        atOnce,
      )
      next = isAll ? beyond : lastPosition(appends.at(-1)!) + 1
      yield { found: appends.flatMap((append) => eventsOf(append, selection)), to: Math.min(next - 1, upTo) }
    }
  }

  /** By the index that streams are loaded with. */
  private async *throughStream(stream: string, selection: Selection, atOnce: number): AsyncGenerator<Stretch> {
    const { from, upTo } = selection
    const last = await this.places.versionAt(stream, upTo)
    const first = (await this.places.versionAt(stream, from - 1)) + 1
    for (let next = await this.log.firstVersionOfAppend(stream, first); next <= last;) {
      const beyond = Math.min(next + window, last + 1)
      const { appends, isAll } = await this.some(
        { ...filterOf(selection), stream, version: { $gte: next, $lt: beyond } },
        { version: 1 },
        atOnce,
      )
      const end = appends.at(-1)
      next = isAll ? beyond : end!.version + end!.n
      const to = next > last ? upTo : isAll ? await this.positionBefore(stream, next) : lastPosition(end!)
      yield { found: appends.flatMap((append) => eventsOf(append, selection)), to }
    }
  }

  private async some(
    filter: object,
    sort: { _id: 1 } | { version: 1 },
    atOnce: number,
  ): Promise<{ appends: AppendDocument[]; isAll: boolean }> {
    const appends: AppendDocument[] = []
    let bytes = 0
    for await (const append of this.log.collection.find(filter, { batchSize: atOnce }).sort(sort)) {
      appends.push(append)
      for (const { personal } of append.events) bytes += personal?.length() ?? 0
      if (appends.length >= atOnce || bytes >= mostBytes) return { appends, isAll: false }
    }
    return { appends, isAll: true }
  }

  /** Of the append that the position is in. */
  private async beginningOf(position: number): Promise<number> {
    return (await this.log.appendAtOrBefore(position, { _id: 1 }))?._id ?? 1
  }

  /** The last position of the append that has the version before this one. */
  private async positionBefore(stream: string, version: number): Promise<number> {
    const [around] = await this.log.collection
      .find({ stream, version: { $lt: version } })
      .sort({ version: -1 })
      .limit(1)
      .toArray()
    return lastPosition(around!)
  }
}
