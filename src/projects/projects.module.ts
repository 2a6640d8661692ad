import { Module, type OnModuleInit } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { ProjectFilesController } from './api/project-files.controller.js'
import { ProjectPromptsController } from './api/project-prompts.controller.js'
import { ProjectsController } from './api/projects.controller.js'
import { ChangeProjectHandler, RemoveFileHandler, RemovePromptHandler } from './commands.js'
import { AddFileHandler } from './commands/add-file.js'
import { AddPromptHandler } from './commands/add-prompt.js'
import { CreateProjectHandler } from './commands/create-project.js'
import { DeleteProjectHandler } from './commands/delete-project.js'
import { FileContents } from './files/file-contents.js'
import { FileRemovals } from './files/file-removals.js'
import { FileUpload } from './files/file-upload.js'
import { StoredFiles } from './files/stored-files.js'
import { FileTexts } from './files/text/file-texts.js'
import { TextExtraction } from './files/text/text-extraction.js'
import { UploadSweep } from './files/upload-sweep.js'
import { ProjectErasures } from './project-erasures.js'
import { Projects } from './projects.js'
import { ContextFiles, FindNamedFilesHandler, GetFilesForChatHandler } from './read-models/files-for-chat.js'
import { FindProjectHandler } from './read-models/find-project.js'
import { GetProjectFileHandler, ListProjectFilesHandler } from './read-models/project-file-queries.js'
import { projectFileModel } from './read-models/project-files.js'
import { GetProjectPromptHandler, ListProjectPromptsHandler } from './read-models/project-prompt-queries.js'
import { projectPromptModel } from './read-models/project-prompts.js'
import { GetProjectForChatHandler, GetProjectHandler, ListProjectsHandler } from './read-models/project-queries.js'
import { projectModel } from './read-models/projects.js'

const handlers = [
  AddFileHandler,
  AddPromptHandler,
  ChangeProjectHandler,
  CreateProjectHandler,
  DeleteProjectHandler,
  FindNamedFilesHandler,
  FindProjectHandler,
  GetFilesForChatHandler,
  GetProjectFileHandler,
  GetProjectForChatHandler,
  GetProjectHandler,
  GetProjectPromptHandler,
  ListProjectFilesHandler,
  ListProjectPromptsHandler,
  ListProjectsHandler,
  RemoveFileHandler,
  RemovePromptHandler,
]

/** A project has prompts that its chats begin with, the settings of the model that answers, and files. */
@Module({
  imports: [MongooseModule.forFeature([projectModel, projectPromptModel, projectFileModel])],
  controllers: [ProjectsController, ProjectPromptsController, ProjectFilesController],
  providers: [
    ...handlers,
    ContextFiles,
    FileContents,
    FileRemovals,
    FileTexts,
    ProjectErasures,
    Projects,
    StoredFiles,
    FileUpload,
    TextExtraction,
    UploadSweep,
  ],
  exports: [ContextFiles, UploadSweep],
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
