import type { Refused } from '../event-store/errors.js'
import { isReplyBeginning, isReplyEnding, type RecordedChatEvent } from '../chat/chat.js'
import type { DeltaListener } from './delta-listener.js'
import type { ReplyText, RoomContents } from './reader-progress.js'

/** One socket that has joined a chat. */
export interface RoomReader {
  /** It has been sent all events of the chat up to here. */
  readonly position: number
  /** The room has changed: there may be something to send. */
  wake(): void
  /** The chat is gone: there will be nothing more to send. */
  end(reason: Refused): void
}

const mostEvents = 100
const mostBytes = 256 * 1024

/**
 * A chat that sockets of this process have joined. It keeps the newest events until all readers have been sent them, as
 * far as they fit; a reader that is further behind reads the log. Events are kept sealed.
 */
export class Room implements RoomContents {
  readonly recent: RecordedChatEvent[] = []
  /** Messages whose text must not be shown any more. */
  readonly deleted = new Set<string>()
  readonly readers = new Set<RoomReader>()
  private bytes = 0
  private deltaListener: DeltaListener | undefined
  private knowsOpenReply = false
  private isClosed = false

  constructor(
    readonly chatId: string,
    private readonly log: { readonly position: number },
    private readonly listen: (replyId: string, onChange: () => void) => DeltaListener,
    public recentAfter = log.position,
  ) {}

  get position(): number {
    return this.log.position
  }

  get replyText(): ReplyText | undefined {
    return this.deltaListener?.replyText
  }

  add(event: RecordedChatEvent): void {
    this.recent.push(event)
    this.bytes += sizeOf(event)
    while (this.recent.length > mostEvents || this.bytes > mostBytes) this.dropOldest()
    this.wake()
    if (isReplyBeginning(event)) this.listenTo(event.data.replyId)
    if (isReplyEnding(event)) this.listenTo(undefined)
    if (event.type === 'MessageDeleted') this.deleted.add(event.data.messageId)
  }

  /** The reply that was open when a reader joined. What events have told since is newer, and stays. */
  setOpenReply(replyId: string | undefined): void {
    if (!this.knowsOpenReply) this.listenTo(replyId)
  }

  /** Drops what all readers have been sent. */
  prune(): void {
    const slowest = Math.min(...[...this.readers].map(({ position }) => position))
    while (this.recent[0] && this.recent[0].position <= slowest) this.dropOldest()
  }

  end(reason: Refused): void {
    for (const reader of this.readers) reader.end(reason)
  }

  close(): void {
    this.isClosed = true
    this.deltaListener?.close()
  }

  private listenTo(replyId: string | undefined): void {
    this.knowsOpenReply = true
    this.deltaListener?.close()
    this.deltaListener = replyId === undefined || this.isClosed ? undefined : this.listen(replyId, () => this.wake())
  }

  private wake(): void {
    for (const reader of this.readers) reader.wake()
  }

  private dropOldest(): void {
    const dropped = this.recent.shift()!
    this.bytes -= sizeOf(dropped)
    this.recentAfter = dropped.position
  }
}

const sizeOf = ({ personal }: RecordedChatEvent) => 500 + (personal?.length() ?? 0)
