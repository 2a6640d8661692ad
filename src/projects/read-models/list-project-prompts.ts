import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { Bus } from '../../commands/bus.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
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

/** In the order in which they were added. */
@QueryHandler(ListProjectPrompts)
export class ListProjectPromptsHandler implements IQueryHandler<ListProjectPrompts> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(projectPromptModel.name) private readonly prompts: Model<ProjectPromptDoc>,
  ) {}

  async execute({ project, page: { limit, cursor } }: ListProjectPrompts): Promise<Page<ProjectPrompt>> {
    await this.bus.query(new FindProject(project)) // or there is no such project
    const [after] = placeOf(cursor, 'number') ?? []
    const next = { projectId: project.projectId, ...(after !== undefined && { seq: { $gt: after } }) }
    const find = () =>
      this.prompts
        .find(next)
        .sort({ seq: 1 })
        .limit(limit + 1)
        .lean<ProjectPromptDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, ({ seq }) => [seq])
    return { items: await Promise.all(items.map((doc) => openedPrompt(this.engine.vault, doc))), nextCursor }
  }
}
