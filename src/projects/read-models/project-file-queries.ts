import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { definedFields } from '../../commands/defined-fields.js'
import { Bus } from '../../commands/bus.js'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import { findPage, ListOrder, mapPage, type Page, type PageQuery } from '../../http/pages.js'
import { noSuchFile, type OwnProject } from '../project.js'
import { FindProject } from './find-project.js'
import { type ProjectFileDoc, projectFileModel, projectFiles } from './project-files.js'

export interface ProjectFile {
  id: string
  filename: string
  /** The provider's name for its copy; the id when no provider has a copy. */
  fileId: string
  size: number
  type: string
  textLength?: number
  uploadedAt: Date
}

export interface StoredProjectFile extends ProjectFile {
  /** The name of the stored bytes. */
  contentId: string
}

/** Throws `not_found` to anybody but the project's owner. */
export class GetProjectFile extends Query<StoredProjectFile> {
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

  async execute({ project: { projectId, ownerId }, fileId }: GetProjectFile): Promise<StoredProjectFile> {
    const find = () => this.files.findOne({ _id: fileId, projectId, ownerId, ...notRemoved }).lean<ProjectFileDoc>()
    const doc = await this.engine.findIn(projectFiles, find)
    if (!doc) throw noSuchFile()
    return { ...(await openProjectFile(this.engine.vault, doc)), contentId: doc.contentId }
  }
}

const oldestFirst = new ListOrder<ProjectFileDoc>(['seq', 1, 'number'])

/** In the order in which they were added. */
export class ListProjectFiles extends Query<Page<ProjectFile>> {
  constructor(
    readonly project: OwnProject,
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ListProjectFiles)
export class ListProjectFilesHandler implements IQueryHandler<ListProjectFiles> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(projectFileModel.name) private readonly files: Model<ProjectFileDoc>,
  ) {}

  async execute({ project, page }: ListProjectFiles): Promise<Page<ProjectFile>> {
    await this.bus.query(new FindProject(project)) // throws if there is no such project
    const found = await findPage(this.files, { projectId: project.projectId }, oldestFirst, page)
    return await mapPage(found, (doc) => openProjectFile(this.engine.vault, doc))
  }
}

export async function openProjectFile(
  vault: Vault,
  { _id: id, copy, size, uploadedAt, words, textLength }: ProjectFileDoc,
): Promise<ProjectFile> {
  const { filename = '', type = '' } = await vault.openOrEmpty(words)
  return { id, filename, fileId: copy?.id ?? id, size, type, uploadedAt, ...definedFields({ textLength }) }
}
