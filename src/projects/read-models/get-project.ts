import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import { Bus } from '../../commands/bus.js'
import type { OwnProject } from '../project.js'
import { FindProject } from './find-project.js'
import { ListProjectFiles } from './list-project-files.js'
import { ListProjectPrompts } from './list-project-prompts.js'
import { openedProject, type ProjectFile, type ProjectPrompt, type ProjectSummary } from './opened-projects.js'

export interface ProjectDetails extends ProjectSummary {
  prompts: ProjectPrompt[]
  files: ProjectFile[]
}

/** With everything in it: a project has at most as many prompts, and files, as one page has room for. */
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
    const all = { limit: 200 }
    const [summary, prompts, files] = await Promise.all([
      openedProject(this.engine.vault, doc),
      this.bus.query(new ListProjectPrompts(project, all)),
      this.bus.query(new ListProjectFiles(project, all)),
    ])
    return { ...summary, prompts: prompts.items, files: files.items }
  }
}
