import type { Engine } from '../../event-store/engine.js'
import type { ChatDoc } from './chats.js'

/** A chat with its personal data opened, for those who may read it. */
export interface ChatSummary {
  id: string
  name: string
  tags: string[]
  metadata: Record<string, unknown>
  userId: string
  createdAt: Date
  lastActive: Date
  messageCount: number
}

export async function summaryOf(engine: Engine, doc: ChatDoc): Promise<ChatSummary> {
  const { _id: id, userId, createdAt, lastActive, messageCount } = doc
  const [name, tags, metadata] = await Promise.all([
    titleOf(engine, doc),
    tagsOf(engine, doc),
    engine.vault.openOrEmpty(doc.metadata),
  ])
  return { id, name, tags, metadata: metadata.metadata ?? {}, userId, createdAt, lastActive, messageCount }
}

export const titleOf = async ({ vault }: Engine, { name }: Pick<ChatDoc, 'name'>): Promise<string> =>
  (await vault.openOrEmpty(name)).title ?? ''

export const tagsOf = async ({ vault }: Engine, { tags }: Pick<ChatDoc, 'tags'>): Promise<string[]> =>
  (await vault.openOrEmpty(tags)).tags ?? []

/** The same at once, if the chat's key is in memory; else undefined. */
export const titleNow = ({ vault }: Engine, { name }: Pick<ChatDoc, 'name'>): string | undefined =>
  name ? vault.openNow(name)?.personal.title : ''

export const tagsNow = ({ vault }: Engine, { tags }: Pick<ChatDoc, 'tags'>): string[] | undefined =>
  tags ? vault.openNow(tags)?.personal.tags : []
