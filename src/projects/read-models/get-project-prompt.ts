import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { noSuchPrompt, type OwnProject } from '../project.js'
import { type ProjectPromptDoc, projectPromptModel, projectPrompts } from './project-prompts.js'
import { openedPrompt, type ProjectPrompt } from './opened-projects.js'

export class GetProjectPrompt extends Query<ProjectPrompt> {
  constructor(
    readonly project: OwnProject,
    readonly promptId: string,
  ) {
    super()
  }
}

@QueryHandler(GetProjectPrompt)
export class GetProjectPromptHandler implements IQueryHandler<GetProjectPrompt> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectPromptModel.name) private readonly prompts: Model<ProjectPromptDoc>,
  ) {}

  async execute({ project: { projectId, ownerId }, promptId }: GetProjectPrompt): Promise<ProjectPrompt> {
    const find = () =>
      this.prompts.findOne({ _id: promptId, projectId, ownerId, ...notRemoved }).lean<ProjectPromptDoc>()
    const doc = await this.engine.findIn(projectPrompts, find)
    if (!doc) throw noSuchPrompt()
    return await openedPrompt(this.engine.vault, doc)
  }
}
