import { createHash } from 'node:crypto'
import { Inject } from '@nestjs/common'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { refusalIfFull } from '../../commands/account-room.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { definedFields } from '../../commands/defined-fields.js'
import { keyedHash, derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import type { CommandOutcome } from '../../event-store/deciding/decider.js'
import type { Upload } from '../../http/uploads.js'
import { invalidFields } from '../../http/validation.js'
import { Providers } from '../../llm/providers.js'
import { isFilename, mediaTypeOf } from '../files/file-types.js'
import { type FileDescription, FileUpload, type UploadedFile } from '../files/file-upload.js'
import { addFile, mustHaveRoomForFile, mustOwnActiveProject, type OwnProject, type ProjectState } from '../project.js'
import { type ProjectFileDoc, projectFileModel } from '../read-models/project-files.js'
import { retryWhenReplaced } from '../../event-store/projecting/read-model-queries.js'
import { Projects } from '../projects.js'

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
 * Stores the bytes and the text in them, sends a copy to the provider, appends the event: there is no file before the
 * event. A crash before it leaves what was stored, and perhaps a copy, which `UploadSweep` removes.
 *
 * The content of the request is known only after it was read, so the command's payload is made here, of name, type,
 * size and digest. A repeat finds its file; it is read for comparison, and stores nothing. If the same command comes
 * twice at once, both store their bytes, and those of the second are removed.
 */
@CommandHandler(AddFile)
export class AddFileHandler implements ICommandHandler<AddFile> {
  constructor(
    private readonly projects: Projects,
    private readonly providers: Providers,
    private readonly uploads: FileUpload,
    private readonly secrets: ServiceSecrets,
    @InjectModel(projectFileModel.name) private readonly files: Model<ProjectFileDoc>,
    @Inject(CONFIG) private readonly config: CompleteConfig,
  ) {}

  async execute({ cause, project, upload }: AddFile): Promise<AddFileResult> {
    const state = await this.projects.state(project.projectId)
    mustOwnActiveProject(state, project.ownerId)
    const description = this.descriptionOf(upload)
    const fileId = derivedId(this.secrets.commands, 'project file', cause.commandId)
    const content = new DigestStream(upload.content)
    const contentId = state.files[fileId]
    if (contentId !== undefined) {
      await content.readToEnd()
      const { position } = await this.append({ ...project, fileId, _id: contentId }, description, content, cause)
      return { fileId, position }
    }
    mustHaveRoomForFile(state)
    await this.mustHaveRoom(project.ownerId)
    const provider = this.providers.byName(state.settings.model.split('/', 1)[0]!)
    const file = await this.uploads.upload({ ...project, fileId }, content, description, provider)
    return await this.uploads.discardOnFailure(file, async () => {
      await this.uploads.mustNotBeSwept(file)
      const { position, repeated } = await this.append(file, description, content, cause)
      if (repeated) await this.uploads.discard(file)
      return { fileId, position }
    })
  }

  /**
   * In all projects of the account. The read model is counted, so uploads that are under way at once may each find the
   * last place free. How many files one project has is exact.
   */
  private async mustHaveRoom(ownerId: string): Promise<void> {
    const { files: most } = this.config.caps
    if (most === 0) return
    const count = await retryWhenReplaced(() => this.files.countDocuments({ ownerId }, { limit: most }))
    const refusal = refusalIfFull('files', count, most)
    if (refusal) throw refusal
  }

  private descriptionOf({ filename, type }: Upload): FileDescription {
    if (!isFilename(filename))
      throw invalidFields([{ field: 'file', message: 'must have a name of at most 255 characters, without slashes' }])
    return { filename, type: mediaTypeOf(filename, type, this.config.files.types) }
  }

  private append(
    file: UploadedFile,
    description: FileDescription,
    { size, digest }: DigestStream,
    cause: Cause,
  ): Promise<CommandOutcome<ProjectState>> {
    const { _id: contentId, fileId, copy, textLength } = file
    const payload = keyedHash(
      this.secrets.commands,
      'project file',
      description.filename,
      description.type,
      String(size),
      digest,
    ).toString('base64url')
    const decision = addFile(file, {
      ...description,
      fileId,
      contentId,
      size,
      ...definedFields({ copy, textLength }),
    })
    return this.projects.execute(file, { ...cause.meta, payload }, decision)
  }
}

/** Passes bytes on. At their end it knows their number and their digest. */
class DigestStream {
  size = 0
  digest = ''

  constructor(private readonly content: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for await (const bytes of this.content) {
      this.size += bytes.length
      hash.update(bytes)
      yield bytes
    }
    this.digest = hash.digest('base64url')
  }

  async readToEnd(): Promise<void> {
    for await (const _ of this);
  }
}
