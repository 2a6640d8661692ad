import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { Providers } from '../../llm/providers.js'
import { createProject, type ProjectSettings, type ProjectTexts } from '../project.js'
import { Projects } from '../projects.js'

export interface CreateProjectResult extends Effect {
  readonly projectId: string
}

export class CreateProject extends Command<CreateProjectResult> {
  constructor(
    readonly cause: Cause,
    readonly ownerId: string,
    readonly texts: ProjectTexts,
    /** The model may be a name without its provider; if it is left out, the configuration chooses. */
    readonly settings: Partial<ProjectSettings>,
  ) {
    super()
  }
}

@CommandHandler(CreateProject)
export class CreateProjectHandler implements ICommandHandler<CreateProject> {
  constructor(
    private readonly projects: Projects,
    private readonly providers: Providers,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({
    cause,
    ownerId,
    texts,
    settings: { model, temperature = 0.7, maxTokens = 1000 },
  }: CreateProject): Promise<CreateProjectResult> {
    const { id } = await this.providers.resolve(model)
    const project = { projectId: derivedId(this.secrets.commands, 'project', cause.commandId), ownerId }
    const { position } = await this.projects.execute(
      project,
      cause.meta,
      createProject(project, texts, { model: id, temperature, maxTokens }),
    )
    return { projectId: project.projectId, position }
  }
}
