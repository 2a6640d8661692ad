import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Cause } from '../../../commands/cause.js'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { BackgroundLoop } from '../../../event-store/background-loop.js'
import { Engine } from '../../../event-store/engine.js'
import { retryWhenReplaced } from '../../../event-store/projecting/read-model-queries.js'
import { AbandonToolCalls } from '../../commands.js'
import { type ChatDoc, chatModel } from '../../read-models/chats.js'

const everyMs = 60_000
const pageSize = 500

/**
 * Ends the wait for outputs of tools that have not come in time. Every worker does so, and a wait ends once.
 * The read model may be late; the decision looks whether the chat still waits for the same calls.
 */
@Injectable()
export class ToolWaits implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  private readonly loop = BackgroundLoop.ofRounds(() => this.endOverdue(), {
    everyMs,
    onError: (error) => this.log.debug(`waits for outputs: ${String(error)}; trying again`),
  })

  constructor(
    private readonly engine: Engine,
    private readonly commands: CommandBus,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles' | 'replies'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.includes('worker')) this.loop.start()
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop()
  }

  /** A page at a time: what is left comes in the next round. Returns how many it has ended. */
  async endOverdue(): Promise<number> {
    const before = new Date(this.engine.clock.now().getTime() - this.config.replies.toolWaitMs)
    const overdue = await retryWhenReplaced(() =>
      this.chats
        .find({ waitsSince: { $lt: before } })
        .sort({ waitsSince: 1 })
        .limit(pageSize)
        .lean<ChatDoc[]>(),
    )
    for (const { _id: chatId, userId: ownerId, waitsFor } of overdue) {
      if (this.loop.signal.aborted) break
      const command = new AbandonToolCalls(Cause.by('worker'), { chatId, ownerId }, waitsFor!.replyId, 'timeout')
      await this.commands.execute(command)
    }
    return overdue.length
  }
}
