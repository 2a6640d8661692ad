import { Injectable } from '@nestjs/common'
import { FileRemovals } from './file-removals.js'
import { Projects } from '../projects.js'
import { type StoredFile, StoredFiles } from './stored-files.js'

/** Longer than any upload takes. */
const abandonedAfterMs = 3_600_000

/**
 * Removes what uploads without an event have left: their sender went away, or the process died. It may run twice, at
 * the same time, and beside uploads. It answers how many it removed, and how many it could not remove because their
 * provider is away.
 */
@Injectable()
export class UploadSweep {
  constructor(
    private readonly stored: StoredFiles,
    private readonly projects: Projects,
    private readonly removals: FileRemovals,
  ) {}

  async run(now: Date): Promise<{ removed: number; left: number }> {
    const outcome = { removed: 0, left: 0 }
    for (const file of await this.stored.pendingSince(new Date(now.getTime() - abandonedAfterMs))) {
      // The event may be in the log already, if the reactor that confirms the file is late.
      if ((await this.isInLog(file)) || !(await this.stored.markSwept(file))) continue
      const isRemoved = await this.removals.discard(file).then(
        () => true,
        () => false,
      )
      outcome[isRemoved ? 'removed' : 'left']++
    }
    return outcome
  }

  private async isInLog({ projectId, fileId, _id }: StoredFile): Promise<boolean> {
    const { files } = await this.projects.state(projectId)
    return files[fileId] === _id
  }
}
