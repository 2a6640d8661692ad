import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { type Page, type PageQuery, pageOf, placeOf } from '../../http/pages.js'
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

  async execute({ ownerId, page: { limit, cursor } }: ListProjects): Promise<Page<ProjectSummary>> {
    const place = placeOf(cursor, 'number', 'string')
    const createdAt = place && new Date(place[0])
    const before = place && { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: place[1] } }] }
    const find = () =>
      this.projects
        .find({ ownerId, ...before })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit + 1)
        .lean<ProjectDoc[]>()
    const { items, nextCursor } = pageOf(await retryWhenReplaced(find), limit, (last) => [
      last.createdAt.getTime(),
      last._id,
    ])
    return { items: await Promise.all(items.map((doc) => openedProject(this.engine.vault, doc))), nextCursor }
  }
}
