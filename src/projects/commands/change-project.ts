import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { Providers } from '../../llm/providers.js'
import { changeProject, type OwnProject, type ProjectSettings, type ProjectWords } from '../project.js'
import { Projects } from '../projects.js'

export class ChangeProject extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    /** What is left out stays as it is. */
    readonly words: Partial<ProjectWords>,
    readonly settings: Partial<ProjectSettings>,
  ) {
    super()
  }
}

@CommandHandler(ChangeProject)
export class ChangeProjectHandler implements ICommandHandler<ChangeProject> {
  constructor(
    private readonly projects: Projects,
    private readonly providers: Providers,
  ) {}

  async execute({ cause, project, words, settings }: ChangeProject): Promise<Effect> {
    const model = settings.model === undefined ? {} : { model: (await this.providers.resolve(settings.model)).id }
    return await this.projects.execute(project, cause.meta, changeProject(project, words, { ...settings, ...model }))
  }
}
