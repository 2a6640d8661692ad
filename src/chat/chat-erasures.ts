import { Injectable } from '@nestjs/common'
import { KeyErasures } from '../commands/key-erasures.js'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { ChatEvents } from './chat.js'
import { chatStream } from './chats.js'

@Injectable()
export class ChatErasures extends KeyErasures {
  constructor(engine: Engine) {
    super(engine, (erase) =>
      reactor<ChatEvents>('chat-erasures', { ChatErased: ({ data }) => erase(chatStream(data.chatId)) }),
    )
  }
}
