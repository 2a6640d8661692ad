import { CommandBus, QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause } from '../../cli/command.js'
import { ReconcileReplies } from '../replies/reconcile-replies.js'
import { ListOpenReplies, type ListedReply } from '../replies/list-open-replies.js'

const pageSize = 200

export const repliesOpen: CliCommand = {
  name: 'replies open',
  about: 'List the prompts that wait for an answer, the oldest first',
  details: 'age: in seconds. attempts: how often a worker has begun to answer it since it was added to the queue.',
  async run(app, _, terminal) {
    const open: ListedReply[] = []
    for (let cursor: string | undefined, more = true; more && !terminal.signal.aborted; more = cursor !== undefined) {
      const page = await app.get(QueryBus).execute(new ListOpenReplies({ limit: pageSize, cursor }))
      open.push(...page.items)
      cursor = page.nextCursor
    }
    if (open.length > 0)
      terminal.table([['reply', 'chat', 'since', 'age', 'attempts', 'in the queue'], ...open.map(rowOf)])
    terminal.say(`${open.length} open`)
  },
}

function rowOf({ id, chatId, since, age, attempts, isQueued }: ListedReply): string[] {
  const queued = isQueued === undefined ? 'unknown' : isQueued ? 'yes' : 'no'
  return [id, chatId, since.toISOString(), String(age), attempts === undefined ? '-' : String(attempts), queued]
}

export const repliesReconcile: CliCommand = {
  name: 'replies reconcile',
  about: 'Add prompts that wait for an answer to the queue if they are missing there',
  details: 'Every worker does this every few seconds. To add a prompt twice changes nothing.',
  async run(app, _, terminal) {
    const reconcile = (update: (done: number, total: number) => void) =>
      app.get(CommandBus).execute(new ReconcileReplies(operatorCause(), update))
    const { open, added } = await terminal.withProgress('replies', reconcile)
    terminal.say(`${added} of ${open} open replies were not in the queue${added > 0 ? '; added again' : ''}`)
  },
}
