import { Injectable } from '@nestjs/common'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Bus } from '../../commands/bus.js'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { invalidFields } from '../../http/validation.js'
import type { ContextFile } from '../../llm/context-files.js'
import { FileContents } from '../files/file-contents.js'
import { joined } from '../files/file-sealing.js'
import { FileTexts } from '../files/text/file-texts.js'
import type { OwnProject } from '../project.js'
import { FindProject } from './find-project.js'
import { openProjectFile } from './project-file-queries.js'
import { type ProjectFileDoc, projectFileModel } from './project-files.js'

/** Reads files of projects for those who build a context. */
@Injectable()
export class ContextFiles {
  constructor(
    private readonly engine: Engine,
    private readonly contents: FileContents,
    private readonly texts: FileTexts,
  ) {}

  /** Of these documents those that are named, in the order of their names; without names all, the oldest first. */
  async of(docs: readonly ProjectFileDoc[], named?: readonly string[]): Promise<ContextFile[]> {
    const oldestFirst = docs.toSorted((a, b) => a.seq - b.seq)
    const chosen = named ? named.flatMap((id) => oldestFirst.find(({ _id }) => _id === id) ?? []) : oldestFirst
    return await Promise.all(chosen.map((doc) => this.contextFile(doc)))
  }

  private async contextFile(doc: ProjectFileDoc): Promise<ContextFile> {
    const { _id: fileId, projectId, contentId, size } = doc
    const { filename, type } = await openProjectFile(this.engine.vault, doc)
    const ids = { projectId, fileId, contentId }
    return {
      fileId,
      filename,
      type,
      text: () => this.texts.read(ids),
      bytes: async (most) => (size <= most ? await joined(this.contents.read(ids)) : undefined),
    }
  }
}

/** The files that a prompt to this project names, or all of them. */
export class GetFilesForChat extends Query<ContextFile[]> {
  constructor(
    readonly project: OwnProject,
    readonly fileIds?: readonly string[],
  ) {
    super()
  }
}

@QueryHandler(GetFilesForChat)
export class GetFilesForChatHandler implements IQueryHandler<GetFilesForChat> {
  constructor(
    private readonly files: ContextFiles,
    @InjectModel(projectFileModel.name) private readonly docs: Model<ProjectFileDoc>,
  ) {}

  async execute({ project, fileIds }: GetFilesForChat): Promise<ContextFile[]> {
    if (fileIds?.length === 0) return []
    const filter = { ...project, ...(fileIds && { _id: { $in: [...fileIds] } }), ...notRemoved }
    const docs = await retryWhenReplaced(() => this.docs.find(filter).lean<ProjectFileDoc[]>())
    return await this.files.of(docs, fileIds)
  }
}

/** The ids of files that a client names, by their ids or their filenames. Of two with one name the newest is meant. */
export class FindNamedFiles extends Query<string[]> {
  constructor(
    readonly project: OwnProject,
    readonly names: readonly string[],
  ) {
    super()
  }
}

@QueryHandler(FindNamedFiles)
export class FindNamedFilesHandler implements IQueryHandler<FindNamedFiles> {
  constructor(private readonly bus: Bus) {}

  async execute({ project, names }: FindNamedFiles): Promise<string[]> {
    await this.bus.query(new FindProject(project)) // throws if there is no such project
    const files = await this.bus.query(new GetFilesForChat(project))
    return names.map((name) => {
      const found = files.findLast(({ fileId, filename }) => fileId === name || filename === name)
      if (found) return found.fileId
      throw invalidFields([{ field: 'files', message: `has ${JSON.stringify(name)}, which the project has not` }])
    })
  }
}
