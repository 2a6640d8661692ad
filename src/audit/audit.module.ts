import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { messageModel } from '../chat/messages.view.js'
import { chatModel } from '../chat/chats.view.js'
import { deletedChatModel } from '../chat/deleted-chats.view.js'
import { deletedProjectModel } from '../projects/deleted-projects.view.js'
import { projectModel } from '../projects/projects.view.js'
import { AskedHistories } from './asked-history.js'
import { AskedMoments } from './asked-moment.js'
import { Evidence } from './evidence.js'
import { History } from './history.js'
import { HistoryController } from './history.controller.js'
import { ExportLogHandler } from './export/export-log.js'
import { LogExportController } from './export/log-export.controller.js'
import { NotaryModule } from './notary/notary.module.js'
import { OwnExportController } from './own-export.controller.js'
import { OwnStreams } from './own-streams.js'
import { Places } from './places.js'
import { ExportHistoryHandler } from './queries/export-history.js'
import { ExportOwnHandler } from './queries/export-own.js'
import { ListEventTypesHandler } from './queries/list-event-types.js'
import { ReadChatHandler } from './queries/read-chat.js'
import { ReadContextHandler } from './queries/read-context.js'
import { ReadHistoryHandler } from './queries/read-history.js'
import { ReadMessageReceiptHandler } from './receipts/read-message-receipt.js'
import { ReadReceiptHandler } from './receipts/read-receipt.js'
import { Receipts } from './receipts/receipts.js'
import { ReceiptsController } from './receipts/receipts.controller.js'
import { ReplayController } from './replay.controller.js'

const handlers = [ExportLogHandler, ReadMessageReceiptHandler, ReadReceiptHandler, ExportHistoryHandler, ExportOwnHandler, ListEventTypesHandler, ReadChatHandler, ReadContextHandler, ReadHistoryHandler]

/** For those who check: history, replay, and evidence of both. */
@Module({
  imports: [NotaryModule, MongooseModule.forFeature([chatModel, messageModel, deletedChatModel, projectModel, deletedProjectModel])],
  controllers: [HistoryController, LogExportController, OwnExportController, ReceiptsController, ReplayController],
  providers: [...handlers, AskedHistories, AskedMoments, Evidence, History, OwnStreams, Places, Receipts],
  exports: [Evidence],
})
export class AuditModule {}
