import { randomUUID } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { pause } from '../../../event-store/timing.js'
import { Cause } from '../../../commands/cause.js'
import type { ChatEvent } from '../../chat.events.js'
import type { OpenReply } from '../../chat.js'
import { Chats } from '../../chats.js'
import { CancelReply } from '../../commands/cancel-reply.js'
import { loadTokenizer } from '../../../llm/tokens.js'
import { Channels } from '../stream/channels.js'
import { Deltas } from '../stream/deltas.js'

type Cancelled = Extract<ChatEvent, { type: 'ReplyCancelled' }>

const workerPatienceMs = 1_500

/**
 * Stops an open reply and keeps what was written. The worker that writes it ends it best, for it knows the last word;
 * when none does, or it is silent, the canceller ends it with what readers have been sent.
 */
@Injectable()
export class ReplyCancellation {
  private readonly prefix: string

  constructor(
    private readonly chats: Chats,
    private readonly commands: CommandBus,
    private readonly channels: Channels,
    private readonly deltas: Deltas,
    private readonly redis: Redis,
    db: Db,
  ) {
    this.prefix = `verbatim:${db.databaseName}:cancel:`
  }

  /** The worker's ear while it writes a reply. */
  heed(replyId: string, stop: () => void): Promise<() => void> {
    return this.channels.listen(this.prefix + replyId, stop)
  }

  /** True when a worker has heard it. */
  async tellWorker(replyId: string): Promise<boolean> {
    if (this.redis.status !== 'ready') return false
    return (await this.redis.publish(this.prefix + replyId, '').catch(() => 0)) > 0
  }

  /** Resolves when the chat no longer waits for this reply. */
  async cancel(chat: { chatId: string; ownerId: string }, open: OpenReply): Promise<void> {
    if (await this.tellWorker(open.replyId)) {
      for (const deadline = Date.now() + workerPatienceMs; Date.now() < deadline; await pause(25)) {
        if (!(await this.isOpen(chat.chatId, open))) return
      }
    }
    const { data, personal } = await this.writtenSoFar(chat.chatId, open)
    const cause = new Cause({ actor: chat.ownerId, commandId: randomUUID() })
    await this.commands.execute(new CancelReply(cause, data, personal.text))
    await this.deltas.forget(open.replyId)
  }

  /** Its end, should it end now: with what readers have been sent. */
  async writtenSoFar(chatId: string, open: OpenReply): Promise<Cancelled> {
    const { ownerId } = await this.chats.state(chatId)
    const cancelled = this.nothingWritten({ chatId, ownerId }, open)
    const kept = await this.deltas.kept(chatId, open.replyId)
    if (!kept) return cancelled
    const { attempt, text } = kept
    const completion = (await loadTokenizer()).countTokens(text)
    const tokens = { prompt: 0, completion, total: completion, by: 'tokenizer' as const }
    return { ...cancelled, data: { ...cancelled.data, attempt, tokens }, personal: { text } }
  }

  nothingWritten(
    { chatId, ownerId }: { chatId: string; ownerId: string },
    { promptId, replyId, model }: OpenReply,
  ): Cancelled {
    const tokens = { prompt: 0, completion: 0, total: 0, by: 'tokenizer' as const }
    return {
      type: 'ReplyCancelled',
      data: { chatId, ownerId, promptId, replyId, model, tokens },
      personal: { text: '' },
    }
  }

  private async isOpen(chatId: string, { replyId }: OpenReply): Promise<boolean> {
    return (await this.chats.state(chatId)).open?.replyId === replyId
  }
}
