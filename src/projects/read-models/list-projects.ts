import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { findPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import { type ProjectDoc, projectModel } from './projects.js'
import { openedProject, type ProjectSummary } from './opened-projects.js'

export class ListProjects extends Query<Page<ProjectSummary>> {
  constructor(
    readonly ownerId: string,
    readonly page: PageQuery,
  ) {
    super()
  }
}

/** Newest first. */
@QueryHandler(ListProjects)
export class ListProjectsHandler implements IQueryHandler<ListProjects> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectModel.name) private readonly projects: Model<ProjectDoc>,
  ) {}

  async execute({ ownerId, page }: ListProjects): Promise<Page<ProjectSummary>> {
    const { items, nextCursor } = await findPage(this.projects, { ownerId }, newestFirst, page)
    return { items: await Promise.all(items.map((doc) => openedProject(this.engine.vault, doc))), nextCursor }
  }
}
