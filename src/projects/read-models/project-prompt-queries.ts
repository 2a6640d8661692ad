import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Bus } from '../../commands/bus.js'
import { Engine } from '../../event-store/engine.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import type { Vault } from '../../event-store/sealing/vault.js'
import { findPage, ListOrder, mapPage, type Page, type PageQuery } from '../../http/pages.js'
import { noSuchPrompt, type OwnProject, type PromptRole } from '../project.js'
import { FindProject } from './find-project.js'
import { type ProjectPromptDoc, projectPromptModel, projectPrompts } from './project-prompts.js'

export interface ProjectPrompt {
  id: string
  role: PromptRole
  content: string
  createdAt: Date
}

/** Throws `not_found` to anybody but the project's owner. */
export class GetProjectPrompt extends Query<ProjectPrompt> {
  constructor(
    readonly project: OwnProject,
    readonly promptId: string,
  ) {
    super()
  }
}

@QueryHandler(GetProjectPrompt)
export class GetProjectPromptHandler implements IQueryHandler<GetProjectPrompt> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(projectPromptModel.name) private readonly prompts: Model<ProjectPromptDoc>,
  ) {}

  async execute({ project: { projectId, ownerId }, promptId }: GetProjectPrompt): Promise<ProjectPrompt> {
    const find = () =>
      this.prompts.findOne({ _id: promptId, projectId, ownerId, ...notRemoved }).lean<ProjectPromptDoc>()
    const doc = await this.engine.findIn(projectPrompts, find)
    if (!doc) throw noSuchPrompt()
    return await openProjectPrompt(this.engine.vault, doc)
  }
}

const oldestFirst = new ListOrder<ProjectPromptDoc>(['seq', 1, 'number'])

/** In the order in which they were added. */
export class ListProjectPrompts extends Query<Page<ProjectPrompt>> {
  constructor(
    readonly project: OwnProject,
    readonly page: PageQuery,
  ) {
    super()
  }
}

@QueryHandler(ListProjectPrompts)
export class ListProjectPromptsHandler implements IQueryHandler<ListProjectPrompts> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    @InjectModel(projectPromptModel.name) private readonly prompts: Model<ProjectPromptDoc>,
  ) {}

  async execute({ project, page }: ListProjectPrompts): Promise<Page<ProjectPrompt>> {
    await this.bus.query(new FindProject(project)) // throws if there is no such project
    const found = await findPage(this.prompts, { projectId: project.projectId }, oldestFirst, page)
    return await mapPage(found, (doc) => openProjectPrompt(this.engine.vault, doc))
  }
}

/** The prompt with its text. Whether its reader may see it is for the caller to know. */
export async function openProjectPrompt(vault: Vault, doc: ProjectPromptDoc): Promise<ProjectPrompt> {
  const { content = '' } = await vault.openOrEmpty(doc.content)
  return { id: doc._id, role: doc.role, content, createdAt: doc.createdAt }
}
