import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { ChatEvents } from './chat.js'
import { chatStream } from './chats.js'

/** Destroys the key of an erased chat, after its event: may run twice, and in two processes at once. */
@Injectable()
export class ChatErasures implements OnModuleInit {
  constructor(private readonly engine: Engine) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<ChatEvents>('chat-erasures', { ChatErased: (event) => this.erase(event.data.chatId) }),
    )
  }

  async erase(chatId: string): Promise<void> {
    await this.engine.vault.destroy(chatStream(chatId), new Date())
  }
}
