import { Injectable } from '@nestjs/common'
import { CommandBus, QueryBus } from '@nestjs/cqrs'
import { Cause } from '../../../commands/cause.js'
import { EraseAccount } from '../../../identity/commands.js'
import { ListRestoredAccounts } from '../../../identity/account-erasure.js'
import { ErasedStreamList } from '../erased-streams.js'
import type { Progress, RetentionTask, TaskOutcome } from '../retention.js'

const prefix = 'user-'

/**
 * Erases accounts again whose credentials or names are there again. A reactor removes them after the event; but
 * restoring a backup that is older than the log may bring them back, and no reactor looks at the event a second time.
 */
@Injectable()
export class RestoredLoginRemoval implements RetentionTask {
  readonly name = 'logins of what was erased'

  constructor(
    private readonly erased: ErasedStreamList,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  async run(_: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    let done = 0
    for await (const streams of this.erased.pages(signal, progress)) {
      const accounts = streams
        .filter((stream) => stream.startsWith(prefix))
        .map((stream) => stream.slice(prefix.length))
      for (const userId of await this.queries.execute(new ListRestoredAccounts(accounts))) {
        await this.commands.execute(new EraseAccount(Cause.by('retention'), userId))
        done++
      }
    }
    return { done }
  }
}
