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

type WithId = { _id: string }[]

/** The streams of an account: its own, its chats’ and its projects’, deleted ones too until they are erased. */
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
    const idOnly = { _id: 1 }
    const [chats, deletedChats, projects, deletedProjects] = await Promise.all([
      retryWhenReplaced(() => this.chats.find({ userId }, idOnly).lean<WithId>()),
      retryWhenReplaced(() => this.deletedChats.find({ ownerId: userId }, idOnly).lean<WithId>()),
      retryWhenReplaced(() => this.projects.find({ ownerId: userId }, idOnly).lean<WithId>()),
      retryWhenReplaced(() => this.deletedProjects.find({ ownerId: userId }, idOnly).lean<WithId>()),
    ])
    const streams = (nameOf: (id: string) => string, ...found: WithId[]) => [
      ...new Set(found.flat().map(({ _id }) => nameOf(_id))),
    ]
    return [
      userStream(userId),
      ...streams(chatStream, chats, deletedChats),
      ...streams(projectStream, projects, deletedProjects),
    ]
  }
}
