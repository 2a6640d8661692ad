import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { type ChatEvents, noSuchChat } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { RequestedMoments } from './requested-moment.js'
import { type ChatAt, chatAt, type OpenedChat, openedChat } from './chat-at.js'
import { Evidence } from '../history/evidence.js'
import { streamAt } from './stream-at.js'

export interface ChatAtMoment extends OpenedChat, Pick<ChatAt, 'state' | 'settings'> {
  /** Of the last event that the chat had by then. */
  position: number
  nextCursor?: string
}

/** A chat as it was at a position or a time, recorded. */
export class ReadChat extends Query<ChatAtMoment> {
  constructor(
    readonly cause: Cause,
    readonly chatId: string,
    readonly at: string | undefined,
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ReadChat)
export class ReadChatHandler implements IQueryHandler<ReadChat> {
  constructor(
    private readonly engine: Engine,
    private readonly moments: RequestedMoments,
    private readonly evidence: Evidence,
  ) {}

  /** Later pages are of the same moment, whatever has happened since. */
  async execute({ cause, chatId, at, page: { limit, cursor } }: ReadChat): Promise<ChatAtMoment> {
    const [pinned, last = 0] = placeOf(cursor, 'number', 'number') ?? []
    const hadHappened = await this.moments.by(pinned === undefined ? at : String(pinned))
    const events = await streamAt<RecordedEventOf<ChatEvents>>(this.engine.store, chatStream(chatId), hadHappened)
    const position = events.at(-1)?.position
    if (position === undefined) throw noSuchChat()
    const recorded = this.evidence.record(cause, { what: 'chat', of: chatId, upTo: position, opened: true })
    const { state, doc, messages, settings } = chatAt(events)
    const { items, nextCursor } = pageOf(
      messages.filter(({ seq }) => seq > last),
      limit,
      ({ seq }) => [position, seq],
    )
    const [opened] = await Promise.all([openedChat(this.engine, doc, items), recorded]) // opened meanwhile, shown after
    return { position, state, settings, nextCursor, ...opened }
  }
}
