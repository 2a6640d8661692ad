import { Inject, Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Cause } from '../../../commands/cause.js'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { EraseGuest } from '../../../guests/commands/erase-guest.js'
import { type GuestDoc, guestModel } from '../../../guests/read-models/guests.js'
import { eraseOneByOne } from '../erase-one-by-one.js'
import type { Progress, RetentionTask, TaskOutcome } from '../retention.js'

/** Erases guests who were not active for long enough, with everything that is sealed under their keys. */
@Injectable()
export class InactiveGuestErasure implements RetentionTask {
  readonly name = 'sessions of guests'

  constructor(
    private readonly commands: CommandBus,
    @InjectModel(guestModel.name) private readonly guests: Model<GuestDoc>,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'retentionMs'>,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    const since = new Date(now.getTime() - this.config.retentionMs)
    const due = { lastActive: { $lt: since } }
    const items = this.guests.find(due).sort({ lastActive: 1 }).lean<GuestDoc>().cursor()
    const count = await this.guests.countDocuments(due)
    return await eraseOneByOne({ items, count, erase: ({ _id }) => this.erase(_id, since) }, signal, progress)
  }

  private async erase(guestId: string, since: Date): Promise<boolean> {
    const { position } = await this.commands.execute(new EraseGuest(Cause.by('retention'), guestId, since))
    return position > 0
  }
}
