import { Injectable } from '@nestjs/common'
import { UploadSweep } from '../../projects/files/upload-sweep.js'
import type { TaskOutcome, RetentionTask } from './retention-task.js'

/** What is left of uploads that never came to their event. */
@Injectable()
export class AbandonedUploads implements RetentionTask {
  readonly name = 'abandoned uploads'

  constructor(private readonly sweep: UploadSweep) {}

  async run(now: Date): Promise<TaskOutcome> {
    const { removed, left } = await this.sweep.run(now)
    return { done: removed, left }
  }
}
