import { Module } from '@nestjs/common'
import { ChatModule } from '../chat/chat.module.js'
import { Handshake } from './handshake.js'
import { ChatJoin } from './chat-join.js'
import { LogFeed } from './log-feed.js'
import { OpenedUpdates } from './opened-updates.js'
import { SocketPrompts } from './socket-prompts.js'
import { RealtimeGateway } from './realtime.gateway.js'
import { Rooms } from './rooms.js'
import { Sessions } from './sessions.js'

/** Sockets: chats as they happen. Only in processes that serve the API. */
@Module({
  imports: [ChatModule],
  providers: [Handshake, ChatJoin, LogFeed, OpenedUpdates, SocketPrompts, RealtimeGateway, Rooms, Sessions],
})
export class RealtimeModule {}
