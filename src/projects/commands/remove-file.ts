import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { type OwnProject, removeFile } from '../project.js'
import { Projects } from '../projects.js'

export class RemoveFile extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    readonly fileId: string,
  ) {
    super()
  }
}

@CommandHandler(RemoveFile)
export class RemoveFileHandler implements ICommandHandler<RemoveFile> {
  constructor(private readonly projects: Projects) {}

  execute({ cause, project, fileId }: RemoveFile): Promise<Effect> {
    return this.projects.execute(project, cause.meta, removeFile(project, fileId))
  }
}
