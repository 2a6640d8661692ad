import { Module, type OnModuleInit } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { AddFileHandler } from './commands/add-file.js'
import { AddPromptHandler } from './commands/add-prompt.js'
import { ChangeProjectHandler } from './commands/change-project.js'
import { CreateProjectHandler } from './commands/create-project.js'
import { DeleteProjectHandler } from './commands/delete-project.js'
import { RemoveFileHandler } from './commands/remove-file.js'
import { RemovePromptHandler } from './commands/remove-prompt.js'
import { FileContents } from './file-contents.js'
import { FileRemovals } from './file-removals.js'
import { ProjectErasures } from './project-erasures.js'
import { ProjectFilesController } from './project-files.controller.js'
import { projectFileModel } from './project-files.view.js'
import { ProjectPromptsController } from './project-prompts.controller.js'
import { projectPromptModel } from './project-prompts.view.js'
import { Projects } from './projects.js'
import { ProjectsController } from './projects.controller.js'
import { projectModel } from './projects.view.js'
import { FindProjectHandler } from './queries/find-project.js'
import { GetProjectFileHandler } from './queries/get-project-file.js'
import { GetProjectPromptHandler } from './queries/get-project-prompt.js'
import { GetProjectHandler } from './queries/get-project.js'
import { ListProjectFilesHandler } from './queries/list-project-files.js'
import { ListProjectPromptsHandler } from './queries/list-project-prompts.js'
import { ListProjectsHandler } from './queries/list-projects.js'
import { ProjectForChatHandler } from './queries/project-for-chat.js'
import { StoredFiles } from './stored-files.js'
import { UploadSweep } from './upload-sweep.js'
import { Uploading } from './uploading.js'

const handlers = [
  AddFileHandler,
  AddPromptHandler,
  ChangeProjectHandler,
  CreateProjectHandler,
  DeleteProjectHandler,
  FindProjectHandler,
  GetProjectFileHandler,
  GetProjectHandler,
  GetProjectPromptHandler,
  ListProjectFilesHandler,
  ListProjectPromptsHandler,
  ListProjectsHandler,
  ProjectForChatHandler,
  RemoveFileHandler,
  RemovePromptHandler,
]

/** Projects: what chats with them begin with, which model answers, and files. */
@Module({
  imports: [MongooseModule.forFeature([projectModel, projectPromptModel, projectFileModel])],
  controllers: [ProjectsController, ProjectPromptsController, ProjectFilesController],
  providers: [...handlers, FileContents, FileRemovals, ProjectErasures, Projects, StoredFiles, Uploading, UploadSweep],
  exports: [UploadSweep],
})
export class ProjectsModule implements OnModuleInit {
  constructor(
    private readonly contents: FileContents,
    private readonly stored: StoredFiles,
  ) {}

  async onModuleInit(): Promise<void> {
    await Promise.all([this.contents.prepare(), this.stored.prepare()])
  }
}
