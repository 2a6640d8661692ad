import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../../../event-store/engine.js'
import { reactor } from '../../../event-store/projecting/reactor.js'
import type { ChatEvents } from '../../chat.js'
import { ReplyQueue } from './reply-queue.js'

/** From the log to the queue: each prompt becomes a job. */
@Injectable()
export class ReplyReactor implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly queue: ReplyQueue,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(reactor<ChatEvents>('replies', { PromptSent: ({ data }) => this.queue.add(data) }))
  }
}
