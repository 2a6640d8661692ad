import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { FastifyReply } from 'fastify'
import { Cause } from '../commands/cause.js'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { isErased } from '../event-store/errors.js'
import type { ChatRef } from './chat.js'
import { DeleteChat } from './commands/delete-chat.js'
import { OverdueChats } from './overdue-chats.js'
import type { ChatDoc } from './read-models/chats.js'

/**
 * Erases turns whose clients want nothing to be stored: each has a chat of its own, and all its words are sealed under
 * the key of this chat.
 *
 * The key is destroyed when the answer has been handed to the network. A client that leaves before that, a crash, or a
 * failure here leave the key; then a worker destroys it `UNSTORED_LIMIT` after the prompt, answered or not.
 */
@Injectable()
export class UnstoredTurns implements OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly erasing = new Set<Promise<void>>()
  private readonly limit

  constructor(
    private readonly overdue: OverdueChats,
    private readonly commands: CommandBus,
    @Inject(CONFIG) { replies }: Pick<CompleteConfig, 'replies'>,
  ) {
    this.limit = {
      name: 'turns that are not to be stored',
      since: 'unstoredSince',
      ms: replies.unstoredMs,
      end: ({ _id: chatId, userId: ownerId }: ChatDoc) => this.erase({ chatId, ownerId }, 'worker'),
    } as const
    overdue.watch(this.limit)
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.erasing)
  }

  /**
   * When all of the HTTP response is sent, whole or as a stream. It may also end without the answer, because this process
   * stops.
   */
  eraseAfter(reply: FastifyReply, chat: ChatRef, stream?: { readonly isComplete: boolean }): void {
    reply.raw.once('finish', () => {
      const isDelivered = stream ? stream.isComplete : reply.statusCode !== 503
      if (isDelivered) this.eraseDelivered(chat)
    })
  }

  /** Its answer has been handed to the network. */
  eraseDelivered(chat: ChatRef): void {
    const erased = this.erase(chat, chat.ownerId).catch((error: unknown) => {
      this.log.warn(`a turn that is not to be stored waits for a worker to erase it: ${String(error)}`)
    })
    this.erasing.add(erased)
    void erased.finally(() => this.erasing.delete(erased))
  }

  eraseOverdue(): Promise<number> {
    return this.overdue.endThose(this.limit)
  }

  /** Two processes may do it at once: it happens once, and the second one finds it erased. */
  private async erase(chat: ChatRef, actor: string): Promise<void> {
    try {
      await this.commands.execute(new DeleteChat(Cause.by(actor), chat, true))
    } catch (error) {
      if (!isErased(error)) throw error
    }
  }
}
