import { BullModule } from '@nestjs/bullmq'
import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { deletedChatModel } from '../../chat/read-models/deleted-chats.js'
import { queuePrefix } from '../../chat/replies/worker/reply-queue.js'
import { guestModel } from '../../guests/read-models/guests.js'
import { deletedProjectModel } from '../../projects/read-models/deleted-projects.js'
import { ProjectsModule } from '../../projects/projects.module.js'
import { OperationRecordsModule } from '../operation-records.module.js'
import { AbandonedUploads } from './abandoned-uploads.js'
import { DELETED_CHATS, DELETED_PROJECTS, deletedChatsTask, deletedProjectsTask } from './deletion-tasks.js'
import { ErasedStreams } from './erased-streams.js'
import { erasedStreamModel } from './erased-streams-model.js'
import { RunRetentionHandler } from './commands/run-retention.js'
import { ForgottenGuests } from './forgotten-guests.js'
import { Retention } from './retention.js'
import { RetentionJobs, retentionQueue } from './retention-jobs.js'
import type { RetentionTask } from './retention-task.js'
import { ReturnedKeys } from './returned-keys.js'
import { ReturnedLogins } from './returned-logins.js'

/** All of them, in the order in which they run. */
const tasks = [DELETED_CHATS, DELETED_PROJECTS, ForgottenGuests, AbandonedUploads, ReturnedLogins, ReturnedKeys]

@Module({
  imports: [
    OperationRecordsModule,
    ProjectsModule,
    MongooseModule.forFeature([deletedChatModel, deletedProjectModel, guestModel, erasedStreamModel]),
    BullModule.registerQueueAsync({
      name: retentionQueue,
      inject: [Redis, Db],
      useFactory: (redis: Redis, db: Db) => ({ connection: redis, prefix: queuePrefix(db) }),
    }),
  ],
  providers: [
    deletedChatsTask,
    deletedProjectsTask,
    ForgottenGuests,
    AbandonedUploads,
    ErasedStreams,
    ReturnedLogins,
    ReturnedKeys,
    { provide: Retention, useFactory: (...all: RetentionTask[]) => new Retention(all), inject: tasks },
    RetentionJobs,
    RunRetentionHandler,
  ],
  exports: [BullModule],
})
export class RetentionModule {}
