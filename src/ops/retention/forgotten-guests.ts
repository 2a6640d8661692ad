import { Inject, Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { EraseGuest } from '../../guests/commands/erase-guest.js'
import { type GuestDoc, guestModel } from '../../guests/read-models/guests.js'
import { Cause } from '../../commands/cause.js'
import { endEach } from './end-each.js'
import type { TaskOutcome, Progress, RetentionTask } from './retention-task.js'

/** Guests who have not been here for long enough are erased, with everything under them. */
@Injectable()
export class ForgottenGuests implements RetentionTask {
  readonly name = 'sessions of guests'

  constructor(
    private readonly commands: CommandBus,
    @InjectModel(guestModel.name) private readonly guests: Model<GuestDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'retentionMs'>,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    const since = new Date(now.getTime() - this.config.retentionMs)
    const due = { lastActive: { $lt: since } }
    const things = this.guests.find(due).sort({ lastActive: 1 }).lean<GuestDoc>().cursor()
    const count = await this.guests.countDocuments(due)
    return await endEach({ things, count, end: ({ _id }) => this.erase(_id, since) }, signal, progress)
  }

  private async erase(guestId: string, since: Date): Promise<boolean> {
    const cause = Cause.by('retention')
    const { position } = await this.commands.execute(new EraseGuest(cause, guestId, since))
    return position > 0
  }
}
