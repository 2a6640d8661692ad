import { Module } from '@nestjs/common'
import { ChatModule } from '../chat/chat.module.js'
import { Handshake } from './handshake.js'
import { Joining } from './join.js'
import { LogFeed } from './log-feed.js'
import { Opened } from './opened-messages.js'
import { Prompting } from './socket-prompts.js'
import { RealtimeGateway } from './realtime.gateway.js'
import { Rooms } from './rooms.js'
import { Sessions } from './sessions.js'

/** Sockets: chats as they happen. Only in processes that serve the API. */
@Module({
  imports: [ChatModule],
  providers: [Handshake, Joining, LogFeed, Opened, Prompting, RealtimeGateway, Rooms, Sessions],
})
export class RealtimeModule {}
