import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { ChatEvents } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import type { MessageContent } from '../../chat/message.js'
import type { Cause } from '../../commands/cause.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { Evidence } from '../evidence/evidence.js'
import { openEnvelope, type Unreadable } from '../history/event-view.js'
import { pointAtPosition } from './point-in-log.js'
import { eventsUpTo } from './replay.js'

type ChatEvent = RecordedEventOf<ChatEvents>
type WritingType =
  | 'MessageStored'
  | 'MessageEdited'
  | 'PromptSent'
  | 'ReplyCompleted'
  | 'ToolCallsRequested'
  | 'ToolOutputReceived'
  | 'ReplyCancelled'
type Writing = RecordedEventOf<ChatEvents, WritingType>

export interface MessageVersion {
  version: number
  position: number
  at: Date
  /** Who wrote it. */
  by: string
  content?: Partial<MessageContent>
  unreadable?: Unreadable
}

export interface MessageVersions {
  versions: MessageVersion[]
  /** Where it was deleted. */
  deleted?: { position: number; at: Date; by: string }
}

/** Every text that a message has had; the read is recorded. */
export class ReadVersions extends Query<MessageVersions> {
  constructor(
    readonly cause: Cause,
    readonly chatId: string,
    readonly messageId: string,
  ) {
    super()
  }
}

@QueryHandler(ReadVersions)
export class ReadVersionsHandler implements IQueryHandler<ReadVersions> {
  constructor(
    private readonly engine: Engine,
    private readonly evidence: Evidence,
  ) {}

  async execute({ cause, chatId, messageId }: ReadVersions): Promise<MessageVersions> {
    const upTo = await this.engine.store.head()
    const stream = chatStream(chatId)
    const events = await eventsUpTo<ChatEvent>(this.engine.store, stream, pointAtPosition(upTo))
    const writings = events.filter((event): event is Writing => writtenIn(event) === messageId)
    if (writings.length === 0) throw new Refused('not_found', 'there is no such message in this chat')
    await this.evidence.record(cause, { what: 'message', of: messageId, filters: { stream }, upTo, opened: true })
    const end = events.find(({ type, data }) => type === 'MessageDeleted' && data.messageId === messageId)
    return {
      versions: await Promise.all(writings.map((event, i) => this.versionOf(event, i + 1))),
      ...(end && { deleted: { position: end.position, at: end.at, by: end.meta.actor } }),
    }
  }

  private async versionOf({ position, at, meta, personal }: Writing, version: number): Promise<MessageVersion> {
    const written = { version, position, at, by: meta.actor }
    if (!personal) return { ...written, content: {} }
    const opened = await openEnvelope(this.engine.vault, personal)
    if (typeof opened === 'string') return { ...written, unreadable: opened }
    const { text, ...content } = opened.original as { text?: string } & Partial<MessageContent>
    return { ...written, content: text === undefined ? content : { content: text, ...content } }
  }
}

/** The message that the event gives a text. */
function writtenIn({ type, data }: ChatEvent): string | undefined {
  if (type === 'MessageStored' || type === 'MessageEdited' || type === 'ToolOutputReceived') return data.messageId
  if (type === 'PromptSent') return data.promptId
  return type === 'ReplyCompleted' || type === 'ReplyCancelled' || type === 'ToolCallsRequested'
    ? data.replyId
    : undefined
}
