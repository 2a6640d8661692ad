import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { Bus } from '../../commands/bus.js'
import { findPage, ListOrder, type Page, type PageQuery } from '../../http/pages.js'
import type { OwnProject } from '../project.js'
import { type ProjectFileDoc, projectFileModel } from './project-files.js'
import { FindProject } from './find-project.js'
import { openedFile, type ProjectFile } from './opened-projects.js'

export class ListProjectFiles extends Query<Page<ProjectFile>> {
  constructor(
    readonly project: OwnProject,
    readonly page: PageQuery,
  ) {
    super()
  }
}

const oldestFirst = new ListOrder<ProjectFileDoc>(['seq', 1, 'number'])

/** In the order in which they were added. */
@QueryHandler(ListProjectFiles)
export class ListProjectFilesHandler implements IQueryHandler<ListProjectFiles> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(projectFileModel.name) private readonly files: Model<ProjectFileDoc>,
  ) {}

  async execute({ project, page }: ListProjectFiles): Promise<Page<ProjectFile>> {
    await this.bus.query(new FindProject(project)) // or there is no such project
    const { items, nextCursor } = await findPage(this.files, { projectId: project.projectId }, oldestFirst, page)
    return { items: await Promise.all(items.map((doc) => openedFile(this.engine.vault, doc))), nextCursor }
  }
}
