import { CommandBus } from '@nestjs/cqrs'
import { getModelToken } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { DeleteChat } from '../../chat/commands/delete-chat.js'
import { type DeletedChatDoc, deletedChatModel } from '../../chat/read-models/deleted-chats.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Cause } from '../../commands/cause.js'
import { DeleteProject } from '../../projects/commands/delete-project.js'
import { type DeletedProjectDoc, deletedProjectModel } from '../../projects/read-models/deleted-projects.js'
import { DeletedRetention } from './deleted-retention.js'

const cause = () => Cause.by('retention')

export const DELETED_CHATS = Symbol('deleted chats')
export const DELETED_PROJECTS = Symbol('deleted projects')

export const deletedChatsTask = {
  provide: DELETED_CHATS,
  inject: [getModelToken(deletedChatModel.name), CONFIG, CommandBus],
  useFactory: (model: Model<DeletedChatDoc>, { retentionMs }: CompleteConfig, commands: CommandBus) =>
    new DeletedRetention(
      'deleted chats',
      model,
      retentionMs,
      commands,
      ({ _id, ownerId }) => new DeleteChat(cause(), { chatId: _id, ownerId }, true),
    ),
}

export const deletedProjectsTask = {
  provide: DELETED_PROJECTS,
  inject: [getModelToken(deletedProjectModel.name), CONFIG, CommandBus],
  useFactory: (model: Model<DeletedProjectDoc>, { retentionMs }: CompleteConfig, commands: CommandBus) =>
    new DeletedRetention(
      'deleted projects',
      model,
      retentionMs,
      commands,
      ({ _id, ownerId }) => new DeleteProject(cause(), { projectId: _id, ownerId }, true),
    ),
}
