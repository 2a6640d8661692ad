import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Bus } from '../../commands/bus.js'
import { Engine } from '../../event-store/engine.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import { findPage, mapPage, newestFirst, type Page, type PageQuery } from '../../http/pages.js'
import type { OwnProject, ProjectSettings, ProjectTexts, PromptRole } from '../project.js'
import { FindProject } from './find-project.js'
import { ListProjectFiles, type ProjectFile } from './project-file-queries.js'
import { ListProjectPrompts, type ProjectPrompt } from './project-prompt-queries.js'
import { type ProjectDoc, projectModel } from './projects.js'

export interface ProjectSummary extends ProjectTexts {
  id: string
  owner: string
  settings: ProjectSettings
  promptCount: number
  fileCount: number
  createdAt: Date
  updatedAt: Date
}

export interface ProjectDetails extends ProjectSummary {
  prompts: ProjectPrompt[]
  files: ProjectFile[]
}

/** A page that has room for all prompts, or all files, of a project. */
const all = { limit: 200 }

/** A project with all its prompts and files. Throws `not_found` to anybody but its owner. */
export class GetProject extends Query<ProjectDetails> {
  constructor(readonly project: OwnProject) {
    super()
  }
}

@QueryHandler(GetProject)
export class GetProjectHandler implements IQueryHandler<GetProject> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
  ) {}

  async execute({ project }: GetProject): Promise<ProjectDetails> {
    const doc = await this.bus.query(new FindProject(project))
    const [summary, prompts, files] = await Promise.all([
      openProjectSummary(this.engine.vault, doc),
      this.bus.query(new ListProjectPrompts(project, all)),
      this.bus.query(new ListProjectFiles(project, all)),
    ])
    return { ...summary, prompts: prompts.items, files: files.items }
  }
}

/** The projects of an account, newest first. */
export class ListProjects extends Query<Page<ProjectSummary>> {
  constructor(
    readonly ownerId: string,
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ListProjects)
export class ListProjectsHandler implements IQueryHandler<ListProjects> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectModel.name) private readonly projects: Model<ProjectDoc>,
  ) {}

  async execute({ ownerId, page }: ListProjects): Promise<Page<ProjectSummary>> {
    const found = await findPage(this.projects, { ownerId }, newestFirst, page)
    return await mapPage(found, (doc) => openProjectSummary(this.engine.vault, doc))
  }
}

export interface ProjectForChat {
  /** The model is named provider/model. */
  settings: ProjectSettings
  /** In the order in which they were added. They come before all messages of the chat. */
  prompts: { role: PromptRole; content: string }[]
}

/** What a chat with this project begins with. Throws `not_found` to anybody but its owner. */
export class GetProjectForChat extends Query<ProjectForChat> {
  constructor(readonly project: OwnProject) {
    super()
  }
}

@QueryHandler(GetProjectForChat)
export class GetProjectForChatHandler implements IQueryHandler<GetProjectForChat> {
  constructor(private readonly bus: Bus) {}

  async execute({ project }: GetProjectForChat): Promise<ProjectForChat> {
    const [{ settings }, prompts] = await Promise.all([
      this.bus.query(new FindProject(project)),
      this.bus.query(new ListProjectPrompts(project, all)),
    ])
    return { settings, prompts: prompts.items.map(({ role, content }) => ({ role, content })) }
  }
}

async function openProjectSummary(
  vault: Vault,
  { _id: id, ownerId: owner, ...doc }: ProjectDoc,
): Promise<ProjectSummary> {
  const { settings, promptCount, fileCount, createdAt, updatedAt } = doc
  const { name = '' } = await vault.openOrEmpty(doc.name)
  const { description = '' } = await vault.openOrEmpty(doc.description)
  return { id, name, description, owner, settings, promptCount, fileCount, createdAt, updatedAt }
}
