import type { Refused } from '../event-store/errors.js'
import { isReplyEnding } from '../chat/chat.js'
import type { DeltaListener } from './delta-listener.js'
import type { RoomContents, ReplyText } from './reader-progress.js'
import type { RecordedChatEvent } from './chat-updates.js'

/** Somebody who has joined a chat. */
export interface RoomReader {
  /** How far it has come. */
  readonly position: number
  /** There may be something for it. */
  wake(): void
  /** There will be nothing any more. */
  end(why: Refused): void
}

const mostEvents = 100
const mostBytes = 256 * 1024

/**
 * A chat that somebody here has joined: what is new in it, until all have been sent it, as far as it fits. Whoever is
 * further behind reads the log. Events are kept sealed.
 */
export class Room implements RoomContents {
  readonly recent: RecordedChatEvent[] = []
  /** Messages whose words are not to be shown any more. */
  readonly deleted = new Set<string>()
  readonly readers = new Set<RoomReader>()
  private bytes = 0
  private deltaListener: DeltaListener | undefined
  private knowsOpenReply = false
  private isClosed = false

  constructor(
    readonly chatId: string,
    private readonly log: { readonly position: number },
    private readonly listen: (replyId: string, onNews: () => void) => DeltaListener,
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
    this.follow(event)
  }

  /** The reply that was open when a reader came; what the log has told since is newer. */
  setOpenReply(openReply: string | undefined): void {
    if (!this.knowsOpenReply) this.listenTo(openReply)
  }

  /** Everybody has been sent what is dropped. */
  prune(): void {
    const slowest = Math.min(...[...this.readers].map(({ position: at }) => at))
    while (this.recent[0] && this.recent[0].position <= slowest) this.dropOldest()
  }

  end(why: Refused): void {
    for (const reader of this.readers) reader.end(why)
  }

  close(): void {
    this.isClosed = true
    this.deltaListener?.close()
  }

  private follow(event: RecordedChatEvent): void {
    const { type, data } = event
    if (type === 'PromptSent') this.listenTo(data.replyId)
    if (isReplyEnding(event)) this.listenTo(undefined)
    if (type === 'MessageDeleted') this.deleted.add(data.messageId)
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
