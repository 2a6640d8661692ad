import { Injectable } from '@nestjs/common'
import { CommandBus, QueryBus } from '@nestjs/cqrs'
import { EraseAccount } from '../../identity/commands/erase-account.js'
import { ReturnedAccounts } from '../../identity/read-models/returned-accounts.js'
import { Cause } from '../../commands/cause.js'
import { ErasedStreams } from './erased-streams.js'
import type { TaskOutcome, Progress, RetentionTask } from './retention-task.js'

const prefix = 'user-'

/**
 * What lets somebody in to an account that was erased, and keeps its names from others. The reactor removes it after
 * the event; but a restore may bring it back, older than the log, and no reactor looks at its event again.
 */
@Injectable()
export class ReturnedLogins implements RetentionTask {
  readonly name = 'logins of what was erased'

  constructor(
    private readonly erased: ErasedStreams,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  async run(_: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    let done = 0
    for await (const streams of this.erased.pages(signal, progress)) {
      const accounts = streams
        .filter((stream) => stream.startsWith(prefix))
        .map((stream) => stream.slice(prefix.length))
      for (const userId of await this.queries.execute(new ReturnedAccounts(accounts))) {
        await this.commands.execute(new EraseAccount(Cause.by('retention'), userId))
        done++
      }
    }
    return { done }
  }
}
