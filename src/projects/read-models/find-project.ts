import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { noSuchProject, type OwnProject } from '../project.js'
import { type ProjectDoc, projectModel, projects } from './projects.js'

/** A project with its texts still sealed. Throws `not_found` to anybody but its owner. */
export class FindProject extends Query<ProjectDoc> {
  constructor(readonly project: OwnProject) {
    super()
  }
}

@QueryHandler(FindProject)
export class FindProjectHandler implements IQueryHandler<FindProject> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectModel.name) private readonly projects: Model<ProjectDoc>,
  ) {}

  async execute({ project: { projectId, ownerId } }: FindProject): Promise<ProjectDoc> {
    const find = () => this.projects.findOne({ _id: projectId, ownerId, ...notRemoved }).lean<ProjectDoc>()
    const doc = await this.engine.findIn(projects, find)
    if (!doc) throw noSuchProject()
    return doc
  }
}
