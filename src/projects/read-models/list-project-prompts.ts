import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { Bus } from '../../commands/bus.js'
import { findPage, ListOrder, type Page, type PageQuery } from '../../http/pages.js'
import type { OwnProject } from '../project.js'
import { type ProjectPromptDoc, projectPromptModel } from './project-prompts.js'
import { FindProject } from './find-project.js'
import { openedPrompt, type ProjectPrompt } from './opened-projects.js'

export class ListProjectPrompts extends Query<Page<ProjectPrompt>> {
  constructor(
    readonly project: OwnProject,
    readonly page: PageQuery,
  ) {
    super()
  }
}

const oldestFirst = new ListOrder<ProjectPromptDoc>(['seq', 1, 'number'])

/** In the order in which they were added. */
@QueryHandler(ListProjectPrompts)
export class ListProjectPromptsHandler implements IQueryHandler<ListProjectPrompts> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(projectPromptModel.name) private readonly prompts: Model<ProjectPromptDoc>,
  ) {}

  async execute({ project, page }: ListProjectPrompts): Promise<Page<ProjectPrompt>> {
    await this.bus.query(new FindProject(project)) // or there is no such project
    const { items, nextCursor } = await findPage(this.prompts, { projectId: project.projectId }, oldestFirst, page)
    return { items: await Promise.all(items.map((doc) => openedPrompt(this.engine.vault, doc))), nextCursor }
  }
}
