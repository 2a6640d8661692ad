import { Inject, Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import { isReplyBeginning, type RecordedChatEvent } from '../../chat.js'
import { chatStream } from '../../chats.js'

/** The newest events of one chat, oldest first, without a gap. */
interface KeptEvents {
  readonly events: readonly RecordedChatEvent[]
  readonly bytes: number
}

const maxBytes = 32 * 1024 * 1024
/** Of one chat. */
const maxEvents = 500

/**
 * The newest events of chats in which this process has answered lately, with their envelopes closed: what a prompt
 * follows was read for the prompt before it, or appended here. A chat that another process writes to is read anew.
 */
@Injectable()
export class RecentChatEvents {
  private readonly chats = new LRUCache<string, KeptEvents>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
  })

  constructor(
    private readonly engine: Engine,
    @Inject(CONFIG) { roles }: Pick<CompleteConfig, 'roles'>,
  ) {
    if (!roles.includes('worker')) return
    engine.feed.onOwn((events) => {
      for (const event of events) if (event.stream.startsWith(chatStream(''))) this.addOwn(event as RecordedChatEvent)
    })
  }

  /** All events of the chat up to a reply's beginning at least, newest first. Reads only as far as the caller goes on. */
  async *newestFirst(chatId: string, replyId: string): AsyncGenerator<RecordedChatEvent> {
    const stream = chatStream(chatId)
    const kept = this.chats.get(stream)
    const known = kept && hasBeginning(kept.events, replyId) ? kept.events : []
    for (let i = known.length - 1; i >= 0; i--) yield known[i]!
    const first = known[0]?.version
    if (first === 1) return
    const older: RecordedChatEvent[] = []
    const from = first === undefined ? {} : { from: first - 1 }
    try {
      for await (const event of this.engine.store.readStream(stream, { backwards: true, ...from })) {
        older.push(event as RecordedChatEvent)
        yield event as RecordedChatEvent
      }
    } finally {
      this.keepOlder(stream, older.reverse(), kept)
    }
  }

  /** The same for several readers: what one has read is not read again for the next. To be closed at the end. */
  shared(chatId: string, replyId: string): SharedEvents {
    return new SharedEvents(this.newestFirst(chatId, replyId))
  }

  /** Unless something else was kept meanwhile. */
  private keepOlder(stream: string, older: readonly RecordedChatEvent[], before: KeptEvents | undefined): void {
    if (older.length === 0 || this.chats.get(stream) !== before) return
    const follows = before !== undefined && older.at(-1)!.version + 1 === before.events[0]!.version
    this.keep(stream, follows ? [...older, ...before.events] : older)
  }

  private addOwn(event: RecordedChatEvent): void {
    const { stream, version } = event
    const events = this.chats.get(stream)?.events ?? []
    const last = events.at(-1)?.version ?? 0
    if (version === last + 1) this.keep(stream, [...events, event])
    else if (version > last) this.chats.delete(stream) // another process has written in between
  }

  private keep(stream: string, events: readonly RecordedChatEvent[]): void {
    const newest = events.slice(-maxEvents)
    const bytes = newest.reduce((sum, { personal }) => sum + 500 + (personal?.length() ?? 0), 0)
    this.chats.set(stream, { events: newest, bytes })
  }
}

/** Events that are read once, as far as one of their readers goes on. The readers come one after the other. */
export class SharedEvents {
  private readonly read: RecordedChatEvent[] = []

  constructor(private readonly source: AsyncGenerator<RecordedChatEvent>) {}

  async *fromNewest(): AsyncGenerator<RecordedChatEvent> {
    for (let i = 0; ; i++) {
      if (i === this.read.length) {
        const { done, value } = await this.source.next()
        if (done) return
        this.read.push(value)
      }
      yield this.read[i]!
    }
  }

  async close(): Promise<void> {
    await this.source.return(undefined)
  }
}

const hasBeginning = (events: readonly RecordedChatEvent[], replyId: string): boolean =>
  events.findLast((event) => isReplyBeginning(event) && event.data.replyId === replyId) !== undefined
