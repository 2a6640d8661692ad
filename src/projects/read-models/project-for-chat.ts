import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Bus } from '../../commands/bus.js'
import type { OwnProject, ProjectSettings, PromptRole } from '../project.js'
import { FindProject } from './find-project.js'
import { ListProjectPrompts } from './list-project-prompts.js'

export interface ChatProject {
  /** Its model is named provider/model. */
  settings: ProjectSettings
  /** In the order in which they were added; all before what is said in the chat. */
  prompts: { role: PromptRole; content: string }[]
}

/** What a chat with this project begins with. Throws `not_found` for anybody but its owner. */
export class ProjectForChat extends Query<ChatProject> {
  constructor(readonly project: OwnProject) {
    super()
  }
}

@QueryHandler(ProjectForChat)
export class ProjectForChatHandler implements IQueryHandler<ProjectForChat> {
  constructor(private readonly bus: Bus) {}

  async execute({ project }: ProjectForChat): Promise<ChatProject> {
    const [{ settings }, prompts] = await Promise.all([
      this.bus.query(new FindProject(project)),
      this.bus.query(new ListProjectPrompts(project, { limit: 200 })),
    ])
    return { settings, prompts: prompts.items.map(({ role, content }) => ({ role, content })) }
  }
}
