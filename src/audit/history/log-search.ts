import { Injectable } from '@nestjs/common'
import { type AppendDocument, lastPosition } from '../../event-store/event.js'
import { Engine } from '../../event-store/engine.js'

/**
 * Finds where in the log a time, a stream or a position is. Times and positions never decrease along the log or along a
 * stream, so a binary search finds them: about twenty small reads in a log of a million events, and no further index.
 */
@Injectable()
export class LogSearch {
  constructor(private readonly engine: Engine) {}

  /** Position and time of the newest event; position 0 when the log is empty. */
  async head(): Promise<{ position: number; at: Date }> {
    const { position, at } = await this.engine.log.head()
    return { position, at: new Date(at) }
  }

  /** The last position at or before that time; 0 when there is none. */
  async positionAt(time: Date): Promise<number> {
    let [first, beyond] = [1, (await this.head()).position + 1] // the first position after that time is between these two
    while (first < beyond) {
      const around = (await this.last({ _id: { $lte: Math.floor((first + beyond) / 2) } }, { _id: -1 }))!
      if (around.at > time) beyond = around._id
      else first = lastPosition(around) + 1
    }
    return first - 1
  }

  /** The version that the stream had at this position of the log; 0 when it began later or never. */
  async versionAt(stream: string, position: number): Promise<number> {
    const newest = await this.last({ stream }, { version: -1 })
    if (!newest) return 0
    if (lastPosition(newest) <= position) return newest.version + newest.n - 1
    let [first, beyond] = [1, newest.version + newest.n] // the first version after that position is between these two
    while (first < beyond) {
      const around = (await this.last(
        { stream, version: { $lte: Math.floor((first + beyond) / 2) } },
        { version: -1 },
      ))!
      if (lastPosition(around) <= position) first = around.version + around.n
      else if (around._id > position) beyond = around.version
      else return around.version + position - around._id
    }
    return first - 1
  }

  /** The position of a stream's first event; undefined when it has none. */
  async firstPositionOf(stream: string): Promise<number | undefined> {
    return (await this.last({ stream }, { version: 1 }))?._id
  }

  private last(filter: object, order: Record<string, 1 | -1>): Promise<AppendDocument | undefined> {
    return this.engine.log.first(filter, order)
  }
}
