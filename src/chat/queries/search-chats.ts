import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { reading } from '../../event-store/read-model.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { type ChatDoc, chatModel } from '../chats.view.js'
import { type ChatSummary, summaryOf, tagsOf, titleOf } from './chat-summary.js'

export class SearchChats extends Query<Page<ChatSummary>> {
  constructor(
    readonly ownerId: string,
    /** Any part of the title, in whatever case. */
    readonly text: string,
    /** All of them. */
    readonly tags: readonly string[],
    readonly page: PageQuery,
  ) {
    super()
  }
}

/**
 * Titles and tags are sealed, so there is no index over them: those of this one owner are opened and looked at here,
 * newest first, as far as the page needs.
 */
@QueryHandler(SearchChats)
export class SearchChatsHandler implements IQueryHandler<SearchChats> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ ownerId, text, tags, page: { limit, cursor } }: SearchChats): Promise<Page<ChatSummary>> {
    const place = placeOf(cursor, 'number', 'string')
    const found: ChatDoc[] = []
    for await (const docs of this.newestFirst(ownerId, place && { createdAt: new Date(place[0]), _id: place[1] })) {
      const matches = await Promise.all(docs.map((doc) => this.matches(doc, normal(text), tags)))
      found.push(...docs.filter((_, i) => matches[i]))
      if (found.length > limit) break
    }
    const { items, nextCursor } = pageOf(found, limit, (last) => [last.createdAt.getTime(), last._id])
    return { items: await Promise.all(items.map((doc) => summaryOf(this.engine, doc))), nextCursor }
  }

  private async matches(doc: ChatDoc, text: string, tags: readonly string[]): Promise<boolean> {
    if (text && !normal(await titleOf(this.engine, doc)).includes(text)) return false
    if (tags.length === 0) return true
    const has = new Set((await tagsOf(this.engine, doc)).map(normal))
    return tags.every((tag) => has.has(normal(tag)))
  }

  private async *newestFirst(userId: string, last?: Pick<ChatDoc, 'createdAt' | '_id'>): AsyncGenerator<ChatDoc[]> {
    for (let place = last; ; ) {
      const before = place && { $or: [{ createdAt: { $lt: place.createdAt } }, { createdAt: place.createdAt, _id: { $lt: place._id } }] }
      const find = () => this.chats.find({ userId, ...before }).sort({ createdAt: -1, _id: -1 }).limit(atOnce).lean<ChatDoc[]>()
      const docs = await reading(find)
      yield docs
      if (docs.length < atOnce) return
      place = docs.at(-1)
    }
  }
}

const atOnce = 1_000

const normal = (text: string) => text.normalize('NFKC').toLocaleLowerCase('en')
