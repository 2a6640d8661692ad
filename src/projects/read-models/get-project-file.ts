import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { noSuchFile, type OwnProject } from '../project.js'
import { type ProjectFileDoc, projectFileModel, projectFiles } from './project-files.js'
import { openedFile, type ProjectFile } from './opened-projects.js'

export interface FoundFile extends ProjectFile {
  /** Under which its bytes are stored. */
  contentId: string
}

export class GetProjectFile extends Query<FoundFile> {
  constructor(
    readonly project: OwnProject,
    readonly fileId: string,
  ) {
    super()
  }
}

@QueryHandler(GetProjectFile)
export class GetProjectFileHandler implements IQueryHandler<GetProjectFile> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectFileModel.name) private readonly files: Model<ProjectFileDoc>,
  ) {}

  async execute({ project: { projectId, ownerId }, fileId }: GetProjectFile): Promise<FoundFile> {
    const find = () => this.files.findOne({ _id: fileId, projectId, ownerId, ...notRemoved }).lean<ProjectFileDoc>()
    const doc = await this.engine.findIn(projectFiles, find)
    if (!doc) throw noSuchFile()
    return { ...(await openedFile(this.engine.vault, doc)), contentId: doc.contentId }
  }
}
