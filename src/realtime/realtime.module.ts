import { Module } from '@nestjs/common'
import { ChatModule } from '../chat/chat.module.js'
import { Handshake } from './api/handshake.js'
import { ChatJoin } from './api/chat-join.js'
import { LogFeed } from './log-feed.js'
import { ChatUpdateCache } from './chat-update-cache.js'
import { SocketDocument } from './api/socket-document.js'
import { SocketPrompts } from './api/socket-prompts.js'
import { RealtimeGateway } from './api/realtime.gateway.js'
import { Rooms } from './rooms.js'
import { SocketSessions } from './socket-sessions.js'

/** Sockets: chats as they happen. Only in processes that serve the API. */
@Module({
  imports: [ChatModule],
  providers: [
    SocketDocument,
    Handshake,
    ChatJoin,
    LogFeed,
    ChatUpdateCache,
    SocketPrompts,
    RealtimeGateway,
    Rooms,
    SocketSessions,
  ],
})
export class RealtimeModule {}
