import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { BranchFinder } from '../branch-finder.js'
import type { Branches, PlaceRange } from '../branches.js'
import type { ChatRef } from '../chat.js'
import { messagesIn } from './messages-in-places.js'
import { type MessageDoc, messageModel } from './messages.js'
import { type OpenedMessage, openMessage } from './opened-message.js'

export interface ChatItems {
  readonly messages: readonly OpenedMessage[]
  readonly hasMore: boolean
}

export interface ItemRange {
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** The first message: without it, that at the end of the chat. */
  readonly from?: string | undefined
}

/**
 * Messages of the current branch of a chat, from one of them on. With `replyId` only those that came to the model with
 * that reply first.
 */
export class ListChatItems extends Query<ChatItems> {
  constructor(
    readonly chat: ChatRef,
    readonly range: ItemRange,
    readonly replyId?: string,
  ) {
    super()
  }
}

@QueryHandler(ListChatItems)
export class ListChatItemsHandler implements IQueryHandler<ListChatItems> {
  constructor(
    private readonly engine: Engine,
    private readonly finder: BranchFinder,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ chat, range: { order, limit, from }, replyId }: ListChatItems): Promise<ChatItems> {
    const branches = await this.finder.branchesOf(chat) // refuses when there is no such chat
    const places = replyId === undefined ? branches.current : await this.placesUpTo(chat, branches, replyId)
    const first = from === undefined ? undefined : (await this.finder.find(chat, from)).seq
    const found = await messagesIn(this.messages, chat.chatId, {
      places,
      order: orders[order],
      limit: limit + 1,
      behind: first === undefined ? undefined : order === 'asc' ? first - 1 : first + 1,
    })
    const messages = await Promise.all(found.slice(0, limit).map((doc) => openMessage(this.engine, doc)))
    return { messages, hasMore: found.length > limit }
  }

  /** Of the reply's branch, what stands behind the answer before it, up to the prompt or the outputs with which it begins. */
  private async placesUpTo(chat: ChatRef, branches: Branches, replyId: string): Promise<PlaceRange[]> {
    const { seq } = await this.finder.find(chat, replyId)
    const path = branches.pathTo(seq).map(({ from, to }) => ({ from, to: Math.min(to, seq - 1) }))
    const answer = await this.latestAnswer(chat, path)
    return path.map(({ from, to }) => ({ from: Math.max(from, (answer?.seq ?? -1) + 1), to }))
  }

  private async latestAnswer({ chatId }: ChatRef, path: readonly PlaceRange[]) {
    const answers = { sessionId: chatId, model: { $exists: true }, ...notRemoved }
    for (const { from, to } of path.toReversed()) {
      const seq = { $gte: from, $lte: to }
      const found = await retryWhenReplaced(() =>
        this.messages
          .findOne({ ...answers, seq })
          .sort({ seq: -1 })
          .lean<MessageDoc>(),
      )
      if (found) return found
    }
    return undefined
  }
}

const orders = { asc: 'oldest first', desc: 'newest first' } as const
