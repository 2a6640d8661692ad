import { Injectable } from '@nestjs/common'
import { loadTokenizer } from '../../llm/tokens.js'
import type { ReplyDraft } from '../chat.js'
import { Deltas } from './deltas.js'

/** What readers have been sent of replies that are still open. */
@Injectable()
export class ReplyDrafts {
  constructor(private readonly deltas: Deltas) {}

  /** Undefined if nothing was written yet, or Redis is away. The tokens are our own count. */
  async find(chatId: string, replyId: string): Promise<ReplyDraft | undefined> {
    const latest = await this.deltas.latestText(chatId, replyId)
    if (!latest) return undefined
    const completion = (await loadTokenizer()).countTokens(latest.text)
    return { replyId, ...latest, tokens: { prompt: 0, completion, total: completion, by: 'tokenizer' } }
  }
}
