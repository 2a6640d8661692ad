import { Inject } from '@nestjs/common'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import type { CommandOutcome } from '../../event-store/deciding/decider.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derived, derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import type { Upload } from '../../http/uploads.js'
import { refusal } from '../../http/validation.js'
import { Providers } from '../../llm/providers.js'
import { isFilename, typeOf } from '../files/file-types.js'
import { DigestedBytes } from '../files/digested-bytes.js'
import { addFile, mustBeActive, mustHaveRoom, type OwnProject, type ProjectState } from '../project.js'
import { Projects } from '../projects.js'
import type { StoredFile } from '../files/stored-files.js'
import { type Described, FileUpload } from '../files/file-upload.js'

export interface AddFileResult extends Effect {
  readonly fileId: string
}

export class AddFile extends Command<AddFileResult> {
  constructor(
    readonly cause: Cause,
    readonly project: OwnProject,
    readonly upload: Upload,
  ) {
    super()
  }
}

/**
 * Stores the bytes, sends the provider its copy, appends the event: only then is there a file. A crash before leaves
 * what the sweep removes.
 *
 * What the request says is known only once it was read: its payload is made of name, type, size and content. A repeat
 * finds its file, is read to be compared, and stores nothing; of two at once the second one's bytes are removed again.
 */
@CommandHandler(AddFile)
export class AddFileHandler implements ICommandHandler<AddFile> {
  constructor(
    private readonly projects: Projects,
    private readonly providers: Providers,
    private readonly uploading: FileUpload,
    private readonly secrets: ServiceSecrets,
    @Inject(CONFIG) private readonly config: CompleteConfig,
  ) {}

  async execute({ cause, project, upload }: AddFile): Promise<AddFileResult> {
    const state = await this.projects.state(project.projectId)
    mustBeActive(state, project.ownerId)
    const about = this.described(upload)
    const fileId = derivedId(this.secrets.commands, 'project file', cause.commandId)
    const content = new DigestedBytes(upload.content)
    const known = state.files[fileId]
    if (known !== undefined) {
      await content.readToItsEnd()
      const { position } = await this.append({ ...project, fileId, _id: known }, about, content, cause)
      return { fileId, position }
    }
    mustHaveRoom(state)
    const { provider } = await this.providers.resolve(state.settings.model)
    const file = await this.uploading.upload({ ...project, fileId }, content, about, provider)
    return await this.uploading.orDiscard(file, async () => {
      await this.uploading.mustStillBeWanted(file)
      const { position, repeated } = await this.append(file, about, content, cause)
      if (repeated) await this.uploading.discard(file)
      return { fileId, position }
    })
  }

  private described({ filename, type }: Upload): Described {
    if (!isFilename(filename))
      throw refusal([{ field: 'file', message: 'must have a name of at most 255 characters, without slashes' }])
    return { filename, type: typeOf(filename, type, this.config.files.types) }
  }

  private append(
    file: StoredFile,
    about: Described,
    { size, digest }: DigestedBytes,
    cause: Cause,
  ): Promise<CommandOutcome<ProjectState>> {
    const { _id: contentId, fileId, copy } = file
    const payload = derived(
      this.secrets.commands,
      'project file',
      about.filename,
      about.type,
      String(size),
      digest,
    ).toString('base64url')
    const added = addFile(file, { ...about, fileId, contentId, size, ...(copy && { copy }) })
    return this.projects.execute(file, { ...cause.meta, payload }, added)
  }
}
