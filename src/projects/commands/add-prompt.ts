import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { addPrompt, type OwnProject, type PromptRole } from '../project.js'
import { Projects } from '../projects.js'

export interface AddPromptResult extends Effect {
  readonly promptId: string
}

export class AddPrompt extends Command<AddPromptResult> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    readonly role: PromptRole,
    readonly content: string,
  ) {
    super()
  }
}

@CommandHandler(AddPrompt)
export class AddPromptHandler implements ICommandHandler<AddPrompt> {
  constructor(
    private readonly projects: Projects,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, project, role, content }: AddPrompt): Promise<AddPromptResult> {
    const promptId = derivedId(this.secrets.commands, 'project prompt', cause.commandId)
    const { position } = await this.projects.execute(
      project,
      cause.meta,
      addPrompt(project, { promptId, role, content }),
    )
    return { promptId, position }
  }
}
