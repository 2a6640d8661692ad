import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { type OwnProject, removePrompt } from '../project.js'
import { Projects } from '../projects.js'

export class RemovePrompt extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    readonly promptId: string,
  ) {
    super()
  }
}

@CommandHandler(RemovePrompt)
export class RemovePromptHandler implements ICommandHandler<RemovePrompt> {
  constructor(private readonly projects: Projects) {}

  execute({ cause, project, promptId }: RemovePrompt): Promise<Effect> {
    return this.projects.execute(project, cause.meta, removePrompt(project, promptId))
  }
}
