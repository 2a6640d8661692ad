import type { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { expectOneOrderWithoutGaps } from '../event-store/one-order.js'
import { eventually } from '../event-store/engines.js'
import type { World } from '../world.js'
import { storedAppends } from '../event-store/stored-appends.js'

/** An event as it is stored. */
export interface Logged {
  type: string
  // What is not there fails the test.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
  at: Date
  /** Of the append that it came in. */
  append: AppendDocument
}

const beginnings = new Set(['PromptSent', 'ReplyBegun'])
const endings = new Set(['ReplyCompleted', 'ToolCallsRequested', 'ReplyFailed', 'ReplyCancelled'])

/** What the log itself says about prompts and replies, whatever the service says. */
export class ReplyLog {
  private constructor(
    readonly client: MongoClient,
    private readonly database: string,
  ) {}

  static async of({ mongodbUri }: World): Promise<ReplyLog> {
    return new ReplyLog(await MongoClient.connect(mongodbUri), new URL(mongodbUri).pathname.slice(1))
  }

  get db() {
    return this.client.db(this.database)
  }

  async events(): Promise<Logged[]> {
    const appends = await storedAppends(this.db)
    return appends.flatMap((append) => append.events.map(({ type, data }) => ({ type, data, at: append.at, append })))
  }

  /** The events that end this reply. */
  async endsOf(replyId: string): Promise<Logged[]> {
    return (await this.events()).filter(({ type, data }) => endings.has(type) && data.replyId === replyId)
  }

  async endOf(replyId: string): Promise<Logged> {
    const [end, ...more] = await eventually(
      () => this.endsOf(replyId),
      (ends) => ends.length > 0,
    )
    expect(more).toEqual([])
    return end!
  }

  /** Resolves when no prompt waits for its answer any more. */
  async settled(withinMs = 60_000): Promise<void> {
    const open = async () => {
      const events = await this.events()
      const ended = new Set(events.filter(({ type }) => endings.has(type)).map(({ data }) => data.replyId))
      return events.filter(({ type, data }) => beginnings.has(type) && !ended.has(data.replyId)).length
    }
    await eventually(open, (count) => count === 0, withinMs)
  }

  /** So many replies have begun, each has ended once, and the log is in order. Answers the events that ended them. */
  async expectOneEndEach(replies: number): Promise<Logged[]> {
    const events = await this.events()
    const sent = events.filter(({ type }) => beginnings.has(type)).map(({ data }) => data.replyId as string)
    const ends = events.filter(({ type }) => endings.has(type))
    expect(new Set(sent).size).toBe(replies)
    expect(sent).toHaveLength(replies)
    expect(ends.map(({ data }) => data.replyId).sort()).toEqual(sent.sort())
    await expectOneOrderWithoutGaps(this.db)
    return ends
  }

  close(): Promise<void> {
    return this.client.close()
  }
}

/** Whoever has read, written or cancelled replies leaves no subscription, no hold, no text and no job behind. */
export async function expectNothingLeftIn(redis: Redis, { db: { databaseName } }: ReplyLog): Promise<void> {
  const left = async () => ({
    channels: await redis.pubsub('CHANNELS', `verbatim:${databaseName}:reply:*`),
    holds: await redis.keys(`verbatim:${databaseName}:running:*`),
    deltas: await redis.keys(`verbatim:${databaseName}:reply:*`),
    jobs: await redis.keys(`verbatim:${databaseName}:queue:replies:????????-*`),
  })
  await eventually(left, (found) => Object.values(found).flat().length === 0)
}
