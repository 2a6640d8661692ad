import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { chatStream } from '../../chat/chats.js'
import { type ChatDoc, chatModel } from '../../chat/read-models/chats.js'
import { type DeletedChatDoc, deletedChatModel } from '../../chat/read-models/deleted-chats.js'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { userStream } from '../../identity/users.js'
import { type DeletedProjectDoc, deletedProjectModel } from '../../projects/read-models/deleted-projects.js'
import { projectStream } from '../../projects/projects.js'
import { type ProjectDoc, projectModel } from '../../projects/read-models/projects.js'

type Known = { _id: string }[]

/** What is kept of an account: its own stream, its chats and its projects, deleted ones too until they are erased. */
@Injectable()
export class OwnStreams {
  constructor(
    private readonly engine: Engine,
    @InjectModel(chatModel.name) private readonly chats: Model<ChatDoc>,
    @InjectModel(deletedChatModel.name) private readonly deletedChats: Model<DeletedChatDoc>,
    @InjectModel(projectModel.name) private readonly projects: Model<ProjectDoc>,
    @InjectModel(deletedProjectModel.name) private readonly deletedProjects: Model<DeletedProjectDoc>,
  ) {}

  async of(userId: string): Promise<string[]> {
    await this.engine.projections.waitUntilReached(await this.engine.store.head())
    const only = { _id: 1 }
    const [chats, deletedChats, projects, deletedProjects] = await Promise.all([
      retryWhenReplaced(() => this.chats.find({ userId }, only).lean<Known>()),
      retryWhenReplaced(() => this.deletedChats.find({ ownerId: userId }, only).lean<Known>()),
      retryWhenReplaced(() => this.projects.find({ ownerId: userId }, only).lean<Known>()),
      retryWhenReplaced(() => this.deletedProjects.find({ ownerId: userId }, only).lean<Known>()),
    ])
    const named = (stream: (id: string) => string, ...known: Known[]) => [
      ...new Set(known.flat().map(({ _id }) => stream(_id))),
    ]
    return [
      userStream(userId),
      ...named(chatStream, chats, deletedChats),
      ...named(projectStream, projects, deletedProjects),
    ]
  }
}
