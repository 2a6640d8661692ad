import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { deleteProject, type OwnProject } from '../project.js'
import { ProjectErasures } from '../project-erasures.js'
import { Projects, projectStream } from '../projects.js'

export class DeleteProject extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    /** Destroys the project’s key at once: from then on nobody can read it. */
    readonly erase: boolean,
  ) {
    super()
  }
}

/** With `erase` it answers when the key is gone. A crash after the event leaves the key to the reactor. */
@CommandHandler(DeleteProject)
export class DeleteProjectHandler implements ICommandHandler<DeleteProject> {
  constructor(
    private readonly projects: Projects,
    private readonly erasures: ProjectErasures,
  ) {}

  async execute({ cause, project, erase }: DeleteProject): Promise<Effect> {
    const { position } = await this.projects.execute(project, cause.meta, deleteProject(project, erase))
    if (erase) await this.erasures.erase(projectStream(project.projectId))
    return { position }
  }
}
