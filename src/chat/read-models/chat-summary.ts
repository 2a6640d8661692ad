import type { Engine } from '../../event-store/engine.js'
import type { Envelope } from '../../event-store/event.js'
import type { ChatDoc } from './chats.js'

/** A chat, opened for its owner. */
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
    opened(engine, doc.metadata),
  ])
  return { id, name, tags, metadata: metadata.metadata ?? {}, userId, createdAt, lastActive, messageCount }
}

export const titleOf = async (engine: Engine, { name }: Pick<ChatDoc, 'name'>): Promise<string> =>
  (await opened(engine, name)).title ?? ''

export const tagsOf = async (engine: Engine, { tags }: Pick<ChatDoc, 'tags'>): Promise<string[]> =>
  (await opened(engine, tags)).tags ?? []

/** The same where the chat's key is in memory. */
export const titleNow = (engine: Engine, { name }: Pick<ChatDoc, 'name'>): string | undefined =>
  openedNow(engine, name, ({ title }) => title ?? '', '')

export const tagsNow = (engine: Engine, { tags }: Pick<ChatDoc, 'tags'>): string[] | undefined =>
  openedNow(engine, tags, (details) => details.tags ?? [], [])

interface Details {
  title?: string
  tags?: string[]
  metadata?: Record<string, unknown>
}

async function opened({ vault }: Engine, envelope: Envelope | undefined): Promise<Details> {
  return envelope ? ((await vault.open(envelope)).personal as Details) : {}
}

function openedNow<T>(
  { vault }: Engine,
  envelope: Envelope | undefined,
  pick: (details: Details) => T,
  none: T,
): T | undefined {
  if (!envelope) return none
  const found = vault.openNow(envelope)
  return found && pick(found.personal as Details)
}
