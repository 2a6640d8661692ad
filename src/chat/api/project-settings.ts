import { Injectable } from '@nestjs/common'
import { Bus } from '../../commands/bus.js'
import { FindNamedFiles } from '../../projects/read-models/files-for-chat.js'
import { GetProjectForChat } from '../../projects/read-models/project-queries.js'
import type { OwnProject } from '../../projects/project.js'
import type { ModelSettings } from '../message.js'

/** What a project says of the prompts that are sent to it. Throws `not_found` to anybody but its owner. */
@Injectable()
export class ProjectSettingsForPrompts {
  constructor(private readonly bus: Bus) {}

  async of(
    project: OwnProject,
    files: readonly string[] | undefined,
  ): Promise<{ model: string; settings: ModelSettings; fileIds: string[] | undefined }> {
    const { settings } = await this.bus.query(new GetProjectForChat(project))
    const { model, ...others } = settings
    const fileIds = files && (await this.bus.query(new FindNamedFiles(project, files)))
    return { model, settings: others, fileIds }
  }
}
