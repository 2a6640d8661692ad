import { LRUCache } from 'lru-cache'
import { definedFields } from '../../commands/defined-fields.js'
import { oncePer } from '../../event-store/coalesce.js'
import type { Engine } from '../../event-store/engine.js'
import { tagOf } from '../../event-store/sealing/envelope.js'
import { chatStream } from '../chats.js'
import type { ChatDoc, ToolWait } from './chats.js'

/** A chat with its personal data opened, for those who may read it. */
export interface ChatSummary {
  id: string
  name: string
  /** The owner's own name for it. */
  ownName?: string
  tags: string[]
  metadata: Record<string, unknown>
  userId: string
  createdAt: Date
  lastActive: Date
  messageCount: number
  /** While it waits for outputs of calls of tools. */
  waitsFor?: ToolWait
}

type ChatTexts = Pick<ChatSummary, 'name' | 'ownName' | 'tags' | 'metadata'>

export async function summaryOf(engine: Engine, doc: ChatDoc): Promise<ChatSummary> {
  const { _id: id, userId, createdAt, lastActive, messageCount, waitsFor } = doc
  const texts = recentTexts(engine).find(doc) ?? (await openTexts(engine, doc))
  return { id, ...texts, userId, createdAt, lastActive, messageCount, ...(waitsFor && { waitsFor }) }
}

async function openTexts(engine: Engine, doc: ChatDoc): Promise<ChatTexts> {
  const [name, tags, { metadata = {} }, { ownName }] = await Promise.all([
    titleOf(engine, doc),
    tagsOf(engine, doc),
    engine.vault.openOrEmpty(doc.metadata),
    engine.vault.openOrEmpty(doc.started),
  ])
  const texts = { name, tags, metadata, ...definedFields({ ownName }) }
  recentTexts(engine).keep(doc, texts)
  return texts
}

const maxKept = 5_000
/** Longer ones are opened each time. */
const maxSealedBytes = 2_000

/**
 * What was opened for lists lately: it is right for as long as the envelopes are the same. It is given out only while
 * the chat's key is in memory: after an erasure it opens nothing here any more.
 */
class RecentTexts {
  private readonly byChat = new LRUCache<string, { tags: string; texts: ChatTexts }>({ max: maxKept })

  constructor(private readonly engine: Engine) {}

  find(doc: ChatDoc): ChatTexts | undefined {
    const kept = this.byChat.get(doc._id)
    const isGiven = kept && this.engine.vault.hasKeyNow(chatStream(doc._id)) && kept.tags === authenticationTags(doc)
    return isGiven ? kept.texts : undefined
  }

  keep(doc: ChatDoc, texts: ChatTexts): void {
    const bytes = envelopesOf(doc).reduce((sum, envelope) => sum + (envelope?.length() ?? 0), 0)
    if (bytes <= maxSealedBytes) this.byChat.set(doc._id, { tags: authenticationTags(doc), texts })
  }
}

const recentTexts = oncePer((engine: Engine) => new RecentTexts(engine))
const envelopesOf = ({ name, tags, metadata, started }: ChatDoc) => [name, tags, metadata, started]
/** No two envelopes have the same. */
const authenticationTags = (doc: ChatDoc): string =>
  envelopesOf(doc)
    .map((envelope) => envelope && tagOf(envelope))
    .join()

export const titleOf = async ({ vault }: Engine, { name }: Pick<ChatDoc, 'name'>): Promise<string> =>
  (await vault.openOrEmpty(name)).title ?? ''

export const tagsOf = async ({ vault }: Engine, { tags }: Pick<ChatDoc, 'tags'>): Promise<string[]> =>
  (await vault.openOrEmpty(tags)).tags ?? []

/** The same at once, if the chat's key is in memory; else undefined. */
export const titleNow = ({ vault }: Engine, { name }: Pick<ChatDoc, 'name'>): string | undefined =>
  name ? vault.openNow(name)?.personal.title : ''

export const tagsNow = ({ vault }: Engine, { tags }: Pick<ChatDoc, 'tags'>): string[] | undefined =>
  tags ? vault.openNow(tags)?.personal.tags : []
