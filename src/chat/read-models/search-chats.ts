import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { batchedFind } from '../../event-store/batched-find.js'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { isCursorKilled, retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { newestFirst, type Page, type PageQuery, pageOf } from '../../http/pages.js'
import { ownerStream } from '../../identity/users.js'
import { type ChatDoc, chatModel } from './chats.js'
import { type ChatSummary, summaryOf, tagsNow, tagsOf, titleNow, titleOf } from './chat-summary.js'

export class SearchChats extends Query<Page<ChatSummary>> {
  constructor(
    readonly ownerId: string,
    /** Any part of the title; upper and lower case are the same. */
    readonly text: string,
    /** The chat must have all of them. */
    readonly tags: readonly string[],
    readonly page: PageQuery,
  ) {
    super()
  }
}

/**
 * Titles and tags are sealed, so no index covers them. This opens and compares those of the one owner, newest first,
 * until the page is full.
 */
@QueryHandler(SearchChats)
export class SearchChatsHandler implements IQueryHandler<SearchChats> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
  ) {}

  async execute({ ownerId, text, tags, page: { limit, cursor } }: SearchChats): Promise<Page<ChatSummary>> {
    const last = newestFirst.parse(cursor)
    const keys = this.engine.vault.prefetchKeys(ownerStream(ownerId)) // while the first titles are found
    keys.catch(() => {}) // `await keys` below throws it
    const wantedText = normalize(text)
    const found: SearchedChat[] = []
    const fields = { createdAt: 1, ...(wantedText !== '' && { name: 1 }), ...(tags.length > 0 && { tags: 1 }) }
    for await (const docs of this.chatsAfter(last, ownerId, fields)) {
      await keys
      const matches = await Promise.all(docs.map(async (doc) => this.matches(doc, wantedText, tags)))
      found.push(...docs.filter((_, i) => matches[i]))
      if (found.length > limit) break
    }
    const { items, nextCursor } = pageOf(found, limit, (doc) => newestFirst.cursorPartsOf(doc))
    return { items: await this.summaries(items), nextCursor }
  }

  /** Waits only if a key is not in memory: for a prefetched key, waiting would take longer than opening. */
  private matches(doc: SearchedChat, text: string, tags: readonly string[]): boolean | Promise<boolean> {
    const title = text === '' ? '' : titleNow(this.engine, doc)
    const own = tags.length === 0 ? [] : tagsNow(this.engine, doc)
    if (title !== undefined && own !== undefined) return fits(title, own, text, tags)
    return Promise.all([titleOf(this.engine, doc), tagsOf(this.engine, doc)]).then(([opened, openedTags]) =>
      fits(opened, openedTags, text, tags),
    )
  }

  /** A chat that was deleted meanwhile is left out. */
  private async summaries(found: readonly SearchedChat[]): Promise<ChatSummary[]> {
    const ids = found.map(({ _id }) => _id)
    const docs = await retryWhenReplaced(() => this.chats.find({ _id: { $in: ids }, ...notRemoved }).lean<ChatDoc[]>())
    const byId = new Map(docs.map((doc) => [doc._id, doc]))
    return Promise.all(ids.flatMap((id) => byId.get(id) ?? []).map((doc) => summaryOf(this.engine, doc)))
  }

  private async *chatsAfter(
    last: ListPosition | undefined,
    userId: string,
    projection: object,
  ): AsyncGenerator<SearchedChat[]> {
    for (let position = last; ;) {
      const find = {
        find: this.chats.collection.collectionName,
        filter: { userId, ...(position && newestFirst.after(position)) },
        sort: newestFirst.sort,
        projection,
      }
      try {
        for await (const docs of batchedFind<SearchedChat>(this.chats.db.db!, find)) {
          yield docs
          position = docs.at(-1) ?? position
        }
        return
      } catch (error) {
        if (!isCursorKilled(error)) throw error // else a rebuilt model took the name: go on from here in that one
      }
    }
  }
}

type ListPosition = Pick<ChatDoc, 'createdAt' | '_id'>
/** The fields of a chat that a search reads. */
type SearchedChat = ListPosition & Pick<ChatDoc, 'name' | 'tags'>

function fits(title: string, own: readonly string[], text: string, tags: readonly string[]): boolean {
  if (!normalize(title).includes(text)) return false
  const has = new Set(own.map(normalize))
  return tags.every((tag) => has.has(normalize(tag)))
}

const normalize = (text: string) => text.normalize('NFKC').toLocaleLowerCase('en')
