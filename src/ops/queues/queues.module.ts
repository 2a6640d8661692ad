import { Module } from '@nestjs/common'
import { ChatModule } from '../../chat/chat.module.js'
import { RetentionModule } from '../retention/retention.module.js'
import { BoardAccess } from './board-access.js'
import { QueueBoard } from './queue-board.js'

@Module({ imports: [ChatModule, RetentionModule], providers: [BoardAccess, QueueBoard] })
export class QueuesModule {}
