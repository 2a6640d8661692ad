import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../commands/bus.js'
import type { Cause } from '../commands/cause.js'
import { Providers } from '../llm/providers.js'
import {
  changeProject,
  type OwnProject,
  type ProjectSettings,
  type ProjectTexts,
  removeFile,
  removePrompt,
} from './project.js'
import { Projects } from './projects.js'

/** Commands that are one decision about one project. A command that takes more steps has a file of its own in commands/. */
abstract class ProjectChange extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
  ) {
    super()
  }
}

export class ChangeProject extends ProjectChange {
  constructor(
    cause: Cause,
    project: OwnProject,
    /** A field that is left out stays as it is; so with the settings. */
    readonly texts: Partial<ProjectTexts>,
    readonly settings: Partial<ProjectSettings>,
  ) {
    super(cause, project)
  }
}

export class RemovePrompt extends ProjectChange {
  constructor(
    cause: Cause,
    project: OwnProject,
    readonly promptId: string,
  ) {
    super(cause, project)
  }
}

export class RemoveFile extends ProjectChange {
  constructor(
    cause: Cause,
    project: OwnProject,
    readonly fileId: string,
  ) {
    super(cause, project)
  }
}

@CommandHandler(ChangeProject)
export class ChangeProjectHandler implements ICommandHandler<ChangeProject> {
  constructor(
    private readonly projects: Projects,
    private readonly providers: Providers,
  ) {}

  async execute({ cause, project, texts, settings }: ChangeProject): Promise<Effect> {
    const model = settings.model === undefined ? {} : { model: (await this.providers.resolve(settings.model)).id }
    return await this.projects.execute(project, cause.meta, changeProject(project, texts, { ...settings, ...model }))
  }
}

@CommandHandler(RemovePrompt)
export class RemovePromptHandler implements ICommandHandler<RemovePrompt> {
  constructor(private readonly projects: Projects) {}

  execute({ cause, project, promptId }: RemovePrompt): Promise<Effect> {
    return this.projects.execute(project, cause.meta, removePrompt(project, promptId))
  }
}

@CommandHandler(RemoveFile)
export class RemoveFileHandler implements ICommandHandler<RemoveFile> {
  constructor(private readonly projects: Projects) {}

  execute({ cause, project, fileId }: RemoveFile): Promise<Effect> {
    return this.projects.execute(project, cause.meta, removeFile(project, fileId))
  }
}
