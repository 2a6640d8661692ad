import { Injectable } from '@nestjs/common'
import { UploadSweep } from '../../../projects/files/upload-sweep.js'
import type { RetentionTask, TaskOutcome } from '../retention.js'

/** Removes what is stored of uploads that never led to an event. */
@Injectable()
export class UnfinishedUploadRemoval implements RetentionTask {
  readonly name = 'abandoned uploads'

  constructor(private readonly sweep: UploadSweep) {}

  async run(now: Date): Promise<TaskOutcome> {
    const { removed, left } = await this.sweep.run(now)
    return { done: removed, left }
  }
}
