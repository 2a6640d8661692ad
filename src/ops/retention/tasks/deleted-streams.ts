import { type Command, CommandBus } from '@nestjs/cqrs'
import { getModelToken } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { DeleteChat } from '../../../chat/commands/delete-chat.js'
import { type DeletedChatDoc, deletedChatModel } from '../../../chat/read-models/deleted-chats.js'
import type { Effect } from '../../../commands/bus.js'
import { Cause } from '../../../commands/cause.js'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { DeleteProject } from '../../../projects/commands/delete-project.js'
import { type DeletedProjectDoc, deletedProjectModel } from '../../../projects/read-models/deleted-projects.js'
import { eraseOneByOne } from '../erase-one-by-one.js'
import type { Progress, RetentionTask, TaskOutcome } from '../retention.js'

type DeletedDoc = DeletedChatDoc | DeletedProjectDoc

/** Erases chats, or projects, that were deleted long enough ago: their keys are destroyed. */
export class DeletedStreamErasure implements RetentionTask {
  constructor(
    readonly name: string,
    private readonly deleted: Model<DeletedDoc>,
    private readonly retentionMs: number,
    private readonly commands: CommandBus,
    private readonly erasureOf: (doc: DeletedDoc) => Command<Effect>,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    const due = { deletedAt: { $lt: new Date(now.getTime() - this.retentionMs) } }
    const items = this.deleted.find(due).sort({ deletedAt: 1 }).lean<DeletedDoc>().cursor()
    const count = await this.deleted.countDocuments(due)
    return await eraseOneByOne({ items, count, erase: (doc) => this.erase(doc) }, signal, progress)
  }

  private async erase(doc: DeletedDoc): Promise<boolean> {
    const { position } = await this.commands.execute(this.erasureOf(doc))
    return position > 0
  }
}

export const DELETED_CHATS = Symbol('deleted chats')
export const DELETED_PROJECTS = Symbol('deleted projects')

export const deletedChatsTask = {
  provide: DELETED_CHATS,
  inject: [getModelToken(deletedChatModel.name), CONFIG, CommandBus],
  useFactory: (model: Model<DeletedChatDoc>, { retentionMs }: CompleteConfig, commands: CommandBus) =>
    new DeletedStreamErasure(
      'deleted chats',
      model,
      retentionMs,
      commands,
      ({ _id, ownerId }) => new DeleteChat(Cause.by('retention'), { chatId: _id, ownerId }, true),
    ),
}

export const deletedProjectsTask = {
  provide: DELETED_PROJECTS,
  inject: [getModelToken(deletedProjectModel.name), CONFIG, CommandBus],
  useFactory: (model: Model<DeletedProjectDoc>, { retentionMs }: CompleteConfig, commands: CommandBus) =>
    new DeletedStreamErasure(
      'deleted projects',
      model,
      retentionMs,
      commands,
      ({ _id, ownerId }) => new DeleteProject(Cause.by('retention'), { projectId: _id, ownerId }, true),
    ),
}
