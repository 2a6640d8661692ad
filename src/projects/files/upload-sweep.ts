import { Injectable } from '@nestjs/common'
import { FileRemovals } from './file-removals.js'
import { Projects } from '../projects.js'
import { type StoredFile, StoredFiles } from './stored-files.js'

/** No upload takes that long. */
const abandonedAfterMs = 3_600_000

/**
 * Removes what uploads have left that never came to their event: the sender went away, or the process died. May run
 * twice, at once, and beside uploads. Answers how many it removed, and how many it could not (their provider is away).
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
      // Its event may be in the log, and only the reactor be late that says so.
      if ((await this.isInLog(file)) || !(await this.stored.sweep(file))) continue
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
