import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { titleOf } from '../../chat/read-models/chat-summary.js'
import { type ChatDoc, chatModel, chats } from '../../chat/read-models/chats.js'
import { type DeletedChatDoc, deletedChatModel, deletedChats } from '../../chat/read-models/deleted-chats.js'
import type { Cause } from '../../commands/cause.js'
import { Engine } from '../../event-store/engine.js'
import { isErased, Refused } from '../../event-store/errors.js'
import { findPage, ListOrder, mapPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { ownerStream } from '../../identity/users.js'
import { Evidence } from '../evidence/evidence.js'
import { LogSearch } from '../history/log-search.js'

export type ListedChat = { id: string } & (
  | { status: 'active'; createdAt: Date; lastActive: Date; messageCount: number; title?: string }
  | { status: 'deleted'; deletedAt: Date }
)

/** The chats that an account or a guest has, or has deleted and not erased; the read is recorded. */
export class ListChatsOf extends Query<Page<ListedChat>> {
  constructor(
    readonly cause: Cause,
    readonly ownerId: string,
    readonly status: ListedChat['status'],
    readonly page: Pick<PageQuery, 'limit' | 'cursor'>,
    readonly open: boolean,
  ) {
    super()
  }
}

const lastDeletedFirst = new ListOrder<DeletedChatDoc>(['deletedAt', -1, 'date'], ['_id', -1, 'string'])

@QueryHandler(ListChatsOf)
export class ListChatsOfHandler implements IQueryHandler<ListChatsOf> {
  constructor(
    private readonly engine: Engine,
    private readonly search: LogSearch,
    private readonly evidence: Evidence,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
    @InjectModel(deletedChatModel.name) private readonly deletedChats: Model<DeletedChatDoc>,
  ) {}

  async execute({ cause, ownerId, status, page, open }: ListChatsOf): Promise<Page<ListedChat>> {
    const upTo = await this.engine.store.head()
    if ((await this.search.firstPositionOf(ownerStream(ownerId))) === undefined)
      throw new Refused('not_found', 'there is no such account')
    await this.engine.bringUpToDate(status === 'active' ? chats : deletedChats)
    const found = await (status === 'active' ? this.active(ownerId, page, open) : this.deleted(ownerId, page))
    await this.evidence.record(cause, { what: 'chats', of: ownerId, upTo, opened: open })
    return found
  }

  private async active(userId: string, page: ListChatsOf['page'], open: boolean): Promise<Page<ListedChat>> {
    return await mapPage(await findPage(this.chats, { userId }, newestFirst, page), async (doc) => {
      const { _id: id, createdAt, lastActive, messageCount } = doc
      const title = open ? await this.titleOrErased(doc) : undefined
      return { id, status: 'active', createdAt, lastActive, messageCount, ...(title !== undefined && { title }) }
    })
  }

  private async deleted(ownerId: string, page: ListChatsOf['page']): Promise<Page<ListedChat>> {
    const found = await findPage(this.deletedChats, { ownerId }, lastDeletedFirst, page)
    return await mapPage(found, ({ _id: id, deletedAt }) => ({ id, status: 'deleted', deletedAt }))
  }

  /** A chat's key is destroyed a moment before the read model forgets the chat. */
  private async titleOrErased(doc: ChatDoc): Promise<string | undefined> {
    try {
      return await titleOf(this.engine, doc)
    } catch (error) {
      if (isErased(error)) return undefined
      throw error
    }
  }
}
