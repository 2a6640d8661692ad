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
    const last = newestFirst.read(cursor)
    const keys = this.engine.vault.prefetchKeys(ownerStream(ownerId)) // while the first titles are found
    keys.catch(() => {}) // told where it is waited for
    const wanted = normal(text)
    const found: Looked[] = []
    const looked = { createdAt: 1, ...(wanted !== '' && { name: 1 }), ...(tags.length > 0 && { tags: 1 }) }
    for await (const docs of this.chatsAfter(last, ownerId, looked)) {
      await keys
      const matches = await Promise.all(docs.map(async (doc) => this.matches(doc, wanted, tags)))
      found.push(...docs.filter((_, i) => matches[i]))
      if (found.length > limit) break
    }
    const { items, nextCursor } = pageOf(found, limit, (doc) => newestFirst.cursorPartsOf(doc))
    return { items: await this.whole(items), nextCursor }
  }

  /** At once where the keys were brought, which is so for nearly all: waiting for each takes longer than opening it. */
  private matches(doc: Looked, text: string, tags: readonly string[]): boolean | Promise<boolean> {
    const title = text === '' ? '' : titleNow(this.engine, doc)
    const own = tags.length === 0 ? [] : tagsNow(this.engine, doc)
    if (title !== undefined && own !== undefined) return fits(title, own, text, tags)
    return Promise.all([titleOf(this.engine, doc), tagsOf(this.engine, doc)]).then((words) =>
      fits(...words, text, tags),
    )
  }

  /** With all that a summary shows. One that has gone meanwhile is left out. */
  private async whole(found: readonly Looked[]): Promise<ChatSummary[]> {
    const ids = found.map(({ _id }) => _id)
    const docs = await retryWhenReplaced(() => this.chats.find({ _id: { $in: ids }, ...notRemoved }).lean<ChatDoc[]>())
    const byId = new Map(docs.map((doc) => [doc._id, doc]))
    return Promise.all(ids.flatMap((id) => byId.get(id) ?? []).map((doc) => summaryOf(this.engine, doc)))
  }

  private async *chatsAfter(last: Place | undefined, userId: string, projection: object): AsyncGenerator<Looked[]> {
    for (let place = last; ;) {
      const find = {
        find: this.chats.collection.collectionName,
        filter: { userId, ...(place && newestFirst.after(place)) },
        sort: newestFirst.sort,
        projection,
      }
      try {
        for await (const docs of batchedFind<Looked>(this.chats.db.db!, find)) {
          yield docs
          place = docs.at(-1) ?? place
        }
        return
      } catch (error) {
        if (!isCursorKilled(error)) throw error // else a rebuild took the name: on from here, in what it has now
      }
    }
  }
}

type Place = Pick<ChatDoc, 'createdAt' | '_id'>
/** As much of a chat as a search has to look at. */
type Looked = Place & Pick<ChatDoc, 'name' | 'tags'>

function fits(title: string, own: readonly string[], text: string, tags: readonly string[]): boolean {
  if (!normal(title).includes(text)) return false
  const has = new Set(own.map(normal))
  return tags.every((tag) => has.has(normal(tag)))
}

const normal = (text: string) => text.normalize('NFKC').toLocaleLowerCase('en')
