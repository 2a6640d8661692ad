import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { ChatModule } from '../../chat/chat.module.js'
import { openReplyModel } from '../../chat/read-models/open-replies.js'
import { OperationRecordsModule } from '../operation-records.module.js'
import { ReconcileRepliesHandler } from './commands/reconcile-replies.js'
import { OpenRepliesController } from './open-replies.controller.js'
import { ListOpenRepliesHandler } from './queries/list-open-replies.js'

@Module({
  imports: [ChatModule, OperationRecordsModule, MongooseModule.forFeature([openReplyModel])],
  controllers: [OpenRepliesController],
  providers: [ListOpenRepliesHandler, ReconcileRepliesHandler],
})
export class OpenRepliesModule {}
