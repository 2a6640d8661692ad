import type { Db } from 'mongodb'
import type { Engine } from '../../../src/event-store/engine.js'
import { userEvents } from '../../../src/identity/user.js'
import { Users } from '../../../src/identity/users.js'
import { register } from '../../../src/identity/user.js'
import type { Providers } from '../../../src/llm/providers.js'
import { FileContents } from '../../../src/projects/files/file-contents.js'
import { FileRemovals } from '../../../src/projects/files/file-removals.js'
import { createProject, type OwnProject, projectEvents } from '../../../src/projects/project.js'
import { Projects } from '../../../src/projects/projects.js'
import { FileTexts } from '../../../src/projects/files/text/file-texts.js'
import { TextExtraction } from '../../../src/projects/files/text/text-extraction.js'
import { StoredFiles } from '../../../src/projects/files/stored-files.js'
import { UploadSweep } from '../../../src/projects/files/upload-sweep.js'
import { FileUpload } from '../../../src/projects/files/file-upload.js'
import { command } from '../event-store/engines.js'

export const deskEvents = [userEvents, projectEvents]

/** All that deals with files, wired by hand, with one project of one account. */
export class Desk {
  readonly project: OwnProject = { projectId: 'p', ownerId: 'ann' }
  readonly projects: Projects
  readonly contents: FileContents
  readonly stored: StoredFiles
  readonly texts: FileTexts
  readonly removals: FileRemovals
  readonly uploading: FileUpload
  readonly sweep: UploadSweep

  constructor(
    readonly db: Db,
    private readonly engine: Engine,
    providers: Providers,
  ) {
    this.projects = new Projects(engine)
    this.contents = new FileContents(db, engine)
    this.stored = new StoredFiles(db, engine)
    this.texts = new FileTexts(db, engine)
    this.removals = new FileRemovals(engine, providers, this.contents, this.stored, this.texts)
    this.uploading = new FileUpload(this.contents, this.stored, this.removals, this.texts, new TextExtraction())
    this.sweep = new UploadSweep(this.stored, this.projects, this.removals)
  }

  async open(): Promise<void> {
    await Promise.all([this.contents.prepare(), this.stored.prepare()])
    await new Users(this.engine).execute('ann', command(), register('ann', { email: 'ann@example.org' }))
    const settings = { model: 'openai/gpt-4o-mini', temperature: 0.7, maxTokens: 1000 }
    await this.projects.execute(
      this.project,
      command(),
      createProject(this.project, { name: 'P', description: '' }, settings),
    )
  }
}
