import type { Engine } from '../../event-store/engine.js'
import type { ChatDoc } from '../chats.view.js'

export interface ChatSummary {
  id: string
  name: string
  createdAt: Date
  lastActive: Date
  messageCount: number
}

export async function summaryOf({ vault }: Engine, { _id: id, title, createdAt, lastActive, messageCount }: ChatDoc): Promise<ChatSummary> {
  const name = title ? ((await vault.open(title)).personal as { title: string }).title : ''
  return { id, name, createdAt, lastActive, messageCount }
}
