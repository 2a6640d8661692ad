import { Module, type OnModuleInit } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { AddFileHandler } from './commands/add-file.js'
import { AddPromptHandler } from './commands/add-prompt.js'
import { ChangeProjectHandler } from './commands/change-project.js'
import { CreateProjectHandler } from './commands/create-project.js'
import { DeleteProjectHandler } from './commands/delete-project.js'
import { RemoveFileHandler } from './commands/remove-file.js'
import { RemovePromptHandler } from './commands/remove-prompt.js'
import { FileContents } from './files/file-contents.js'
import { FileRemovals } from './files/file-removals.js'
import { ProjectErasures } from './project-erasures.js'
import { ProjectFilesController } from './api/project-files.controller.js'
import { projectFileModel } from './read-models/project-files.js'
import { ProjectPromptsController } from './api/project-prompts.controller.js'
import { projectPromptModel } from './read-models/project-prompts.js'
import { Projects } from './projects.js'
import { ProjectsController } from './api/projects.controller.js'
import { projectModel } from './read-models/projects.js'
import { FindProjectHandler } from './read-models/find-project.js'
import { GetProjectFileHandler } from './read-models/get-project-file.js'
import { GetProjectPromptHandler } from './read-models/get-project-prompt.js'
import { GetProjectHandler } from './read-models/get-project.js'
import { ListProjectFilesHandler } from './read-models/list-project-files.js'
import { ListProjectPromptsHandler } from './read-models/list-project-prompts.js'
import { ListProjectsHandler } from './read-models/list-projects.js'
import { ProjectForChatHandler } from './read-models/project-for-chat.js'
import { StoredFiles } from './files/stored-files.js'
import { UploadSweep } from './files/upload-sweep.js'
import { FileUpload } from './files/file-upload.js'

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
  providers: [...handlers, FileContents, FileRemovals, ProjectErasures, Projects, StoredFiles, FileUpload, UploadSweep],
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
