import { Inject, Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Binary, Db } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { canonical } from '../../../event-store/canonical.js'
import { sealPersonal } from '../../../event-store/sealing/envelope.js'
import { Engine } from '../../../event-store/engine.js'
import { isErased } from '../../../event-store/errors.js'
import { redisName } from '../../../event-store/redis.js'
import { keyedHash } from '../../../commands/derived-ids.js'
import { ServiceSecrets } from '../../../commands/secrets.js'
import type { CompletionRequest } from '../../../llm/provider.js'
import type { ChatRef } from '../../chat.js'
import { chatStream } from '../../chats.js'

/**
 * Caches answers in Redis for a while. An answer is reused for the same question: of the same owner, with the same
 * model, the same settings and the same messages before. It is sealed with the key of the chat in which it was given,
 * and is unreadable without that key. After Redis was emptied, models are asked again.
 */
@Injectable()
export class AnswerCache {
  constructor(
    private readonly redis: Redis,
    private readonly engine: Engine,
    private readonly secrets: ServiceSecrets,
    private readonly db: Db,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  async find(ownerId: string, model: string, request: CompletionRequest): Promise<string | undefined> {
    if (!this.isOn) return undefined
    const key = this.keyOf(ownerId, model, request)
    const sealed = await this.redis.getBuffer(key).catch(() => null)
    if (!sealed) return undefined
    try {
      return (await this.engine.vault.open<{ text: string }>(new Binary(sealed))).personal.text
    } catch (error) {
      if (!isErased(error)) throw error
      await this.redis.del(key).catch(() => 0) // its key was destroyed
      return undefined
    }
  }

  async keep(chat: ChatRef, model: string, request: CompletionRequest, text: string): Promise<void> {
    if (!this.isOn) return
    const stream = chatStream(chat.chatId)
    const envelope = { stream, version: 0, type: 'ReplyCompleted', shape: 1 }
    const { personal } = sealPersonal(await this.engine.vault.keyOf(stream), envelope, { text })
    const key = this.keyOf(chat.ownerId, model, request)
    await this.redis
      .set(key, Buffer.from(personal.value()), 'EX', this.config.replies.cacheSeconds)
      .catch(() => undefined) // then the model is asked again
  }

  private get isOn(): boolean {
    return this.config.replies.cacheSeconds > 0 && this.redis.status === 'ready'
  }

  private keyOf(ownerId: string, model: string, request: CompletionRequest): string {
    const { model: _, answeredBy: __, ...asked } = request
    const question = canonical(asked)
    const hash = keyedHash(this.secrets.commands, 'answer', ownerId, model, question)
    return redisName(this.db, 'answer', hash.toString('base64url'))
  }
}
