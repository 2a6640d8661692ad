import { Injectable } from '@nestjs/common'
import { loadTokenizer } from '../../llm/tokens.js'
import type { ReplyDraft } from '../chat.js'
import { Deltas } from './deltas.js'

/** What has been written of replies that are still open, as far as readers have been sent it. */
@Injectable()
export class ReplyDrafts {
  constructor(private readonly deltas: Deltas) {}

  /** Undefined when nothing was written yet, or when Redis is away. Its tokens are counted here. */
  async find(chatId: string, replyId: string): Promise<ReplyDraft | undefined> {
    const kept = await this.deltas.kept(chatId, replyId)
    if (!kept) return undefined
    const completion = (await loadTokenizer()).countTokens(kept.text)
    return { replyId, ...kept, tokens: { prompt: 0, completion, total: completion, by: 'tokenizer' } }
  }
}
