import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { present } from '../../event-store/projection.js'
import { manyOf, reading } from '../../event-store/read-model.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
import { ownerStream } from '../../identity/users.js'
import { type ChatDoc, chatModel } from '../chats.view.js'
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
    const place = placeOf(cursor, 'number', 'string')
    const keys = this.engine.vault.bring(ownerStream(ownerId)) // while the first titles are found
    keys.catch(() => {}) // told where it is waited for
    const wanted = normal(text)
    const found: ChatDoc[] = []
    for await (const docs of this.newestFirst(ownerId, place && { createdAt: new Date(place[0]), _id: place[1] })) {
      await keys
      const matches = await Promise.all(docs.map(async (doc) => this.matches(doc, wanted, tags)))
      found.push(...docs.filter((_, i) => matches[i]))
      if (found.length > limit) break
    }
    const { items, nextCursor } = pageOf(found, limit, (last) => [last.createdAt.getTime(), last._id])
    return { items: await this.whole(items), nextCursor }
  }

  /** At once where the keys were brought, which is so for nearly all: waiting for each takes longer than opening it. */
  private matches(doc: ChatDoc, text: string, tags: readonly string[]): boolean | Promise<boolean> {
    const title = text === '' ? '' : titleNow(this.engine, doc)
    const own = tags.length === 0 ? [] : tagsNow(this.engine, doc)
    if (title !== undefined && own !== undefined) return fits(title, own, text, tags)
    return Promise.all([titleOf(this.engine, doc), tagsOf(this.engine, doc)]).then((words) => fits(...words, text, tags))
  }

  /** With all that a summary shows: to be looked through, they are read without. One that has gone meanwhile is left out. */
  private async whole(found: readonly ChatDoc[]): Promise<ChatSummary[]> {
    const ids = found.map(({ _id }) => _id)
    const docs = await reading(() => this.chats.find({ _id: { $in: ids }, ...present }).lean<ChatDoc[]>())
    const byId = new Map(docs.map((doc) => [doc._id, doc]))
    return Promise.all(ids.flatMap((id) => byId.get(id) ?? []).map((doc) => summaryOf(this.engine, doc)))
  }

  private async *newestFirst(userId: string, last?: Pick<ChatDoc, 'createdAt' | '_id'>): AsyncGenerator<ChatDoc[]> {
    for (let place = last; ; ) {
      const before = place && { $or: [{ createdAt: { $lt: place.createdAt } }, { createdAt: place.createdAt, _id: { $lt: place._id } }] }
      const part = { filter: { userId, ...before }, sort: { createdAt: -1, _id: -1 } as const, limit: atOnce, projection: { metadata: 0 } as const }
      const docs = await reading(() => manyOf(this.chats, part))
      yield docs
      if (docs.length < atOnce) return
      place = docs.at(-1)
    }
  }
}

const atOnce = 1_000

function fits(title: string, own: readonly string[], text: string, tags: readonly string[]): boolean {
  if (!normal(title).includes(text)) return false
  const has = new Set(own.map(normal))
  return tags.every((tag) => has.has(normal(tag)))
}

const normal = (text: string) => text.normalize('NFKC').toLocaleLowerCase('en')
