import { BullModule } from '@nestjs/bullmq'
import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { AiController } from './ai.controller.js'
import { ChatErasures } from './chat-erasures.js'
import { ChatIds } from './chat-ids.js'
import { Chats } from './chats.js'
import { ChatsController } from './chats.controller.js'
import { chatModel } from './chats.view.js'
import { ChatLogController } from './chat-log.controller.js'
import { CancelReplyHandler } from './commands/cancel-reply.js'
import { ChangeChatHandler } from './commands/change-chat.js'
import { CompleteReplyHandler } from './commands/complete-reply.js'
import { DeleteChatHandler } from './commands/delete-chat.js'
import { DeleteMessageHandler } from './commands/delete-message.js'
import { EditMessageHandler } from './commands/edit-message.js'
import { FailReplyHandler } from './commands/fail-reply.js'
import { GiveFeedbackHandler } from './commands/give-feedback.js'
import { RenameChatHandler } from './commands/rename-chat.js'
import { SendPromptHandler } from './commands/send-prompt.js'
import { StartChatHandler } from './commands/start-chat.js'
import { StoreMessagesHandler } from './commands/store-messages.js'
import { WithdrawFeedbackHandler } from './commands/withdraw-feedback.js'
import { FeedbackController } from './feedback.controller.js'
import { MessageLogController } from './message-log.controller.js'
import { messageModel } from './messages.view.js'
import { openReplyModel } from './open-replies.view.js'
import { ModelList } from './model-list.js'
import { ProjectChatController } from './project-chat.controller.js'
import { Prompts } from './prompts.js'
import { FindMessageHandler } from './queries/find-message.js'
import { GetChatHandler } from './queries/get-chat.js'
import { GetMessageHandler } from './queries/get-message.js'
import { ListChatsHandler } from './queries/list-chats.js'
import { ListMessagesHandler } from './queries/list-messages.js'
import { SearchChatsHandler } from './queries/search-chats.js'
import { AnswerCache } from './replies/answer-cache.js'
import { Answering } from './replies/answering.js'
import { Cancelling } from './replies/cancelling.js'
import { Channels } from './replies/channels.js'
import { Deltas } from './replies/deltas.js'
import { Outcomes } from './replies/outcomes.js'
import { Reconciler } from './replies/reconciler.js'
import { Replies } from './replies/replies.js'
import { queuePrefix, ReplyQueue, replyQueue } from './replies/reply-queue.js'
import { ReplyReactor } from './replies/reply.reactor.js'
import { ReplyStream } from './replies/reply-stream.js'
import { ReplyWorker } from './replies/reply-worker.js'
import { Replying } from './replies/replying.js'
import { RepliesController } from './replies.controller.js'

const handlers = [
  CancelReplyHandler,
  ChangeChatHandler,
  CompleteReplyHandler,
  DeleteChatHandler,
  DeleteMessageHandler,
  EditMessageHandler,
  FailReplyHandler,
  FindMessageHandler,
  GetChatHandler,
  GetMessageHandler,
  GiveFeedbackHandler,
  ListChatsHandler,
  ListMessagesHandler,
  RenameChatHandler,
  SearchChatsHandler,
  SendPromptHandler,
  StartChatHandler,
  StoreMessagesHandler,
  WithdrawFeedbackHandler,
]

const replies = [AnswerCache, Answering, Cancelling, Channels, Deltas, Outcomes, Reconciler, Replies, ReplyQueue, ReplyReactor, ReplyStream, ReplyWorker, Replying]

@Module({
  imports: [
    MongooseModule.forFeature([chatModel, messageModel, openReplyModel]),
    BullModule.registerQueueAsync({
      name: replyQueue,
      inject: [Redis, Db],
      useFactory: (redis: Redis, db: Db) => ({ connection: redis, prefix: queuePrefix(db) }),
    }),
  ],
  controllers: [RepliesController, AiController, ChatsController, ChatLogController, MessageLogController, ProjectChatController, FeedbackController],
  providers: [...handlers, ...replies, ChatErasures, ChatIds, Chats, ModelList, Prompts],
  exports: [BullModule, ChatIds, Chats, Deltas, Prompts, Reconciler, ReplyQueue],
})
export class ChatModule {}
