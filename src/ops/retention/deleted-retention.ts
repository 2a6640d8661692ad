import type { Command, CommandBus } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import type { Effect } from '../../commands/bus.js'
import { endEach } from './end-each.js'
import type { TaskOutcome, Progress, RetentionTask } from './retention-task.js'

interface DeletedDoc {
  _id: string
  ownerId: string
  deletedAt: Date
}

/** What was deleted long enough ago is erased: its key is destroyed. */
export class DeletedRetention implements RetentionTask {
  constructor(
    readonly name: string,
    private readonly deleted: Model<DeletedDoc>,
    private readonly retentionMs: number,
    private readonly commands: CommandBus,
    private readonly erasing: (doc: DeletedDoc) => Command<Effect>,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    const due = { deletedAt: { $lt: new Date(now.getTime() - this.retentionMs) } }
    const things = this.deleted.find(due).sort({ deletedAt: 1 }).lean<DeletedDoc>().cursor()
    const count = await this.deleted.countDocuments(due)
    return await endEach({ things, count, end: (doc) => this.erase(doc) }, signal, progress)
  }

  private async erase(doc: DeletedDoc): Promise<boolean> {
    const { position } = await this.commands.execute(this.erasing(doc))
    return position > 0
  }
}
