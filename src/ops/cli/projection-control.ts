import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { PauseProjection, ResumeProjection, RetryProjection, SkipEvent } from '../projections/commands.js'
import { ListProjections } from '../projections/list-projections.js'

const order = (command: string, about: string, make: (cause: Cause, name: string) => Command<Effect>): CliCommand => ({
  name: command,
  about,
  arguments: ['name'],
  async run(app, { arguments: [name = ''] }, terminal) {
    await app.get(CommandBus).execute(make(operatorCause(), name))
    const [now] = await app.get(QueryBus).execute(new ListProjections([name]))
    terminal.say(`${name} is ${now!.state}`)
  },
})

export const projectionsPause = order(
  'projections pause',
  'Keep a read model as it is; what happens meanwhile is not lost to it',
  (cause, name) => new PauseProjection(cause, name),
)
export const projectionsResume = order(
  'projections resume',
  'Let a read model that was paused go on',
  (cause, name) => new ResumeProjection(cause, name),
)
export const projectionsRetry = order(
  'projections retry',
  'Let a read model that has failed try the same event again',
  (cause, name) => new RetryProjection(cause, name),
)

export const projectionsSkip: CliCommand = {
  name: 'projections skip',
  about: 'Let a read model that has failed go on without the event at which it stands',
  details: `Recorded with the reason. Rebuilds of this version leave the event out too, and certificates name it.
Only the event at which it stands can be skipped: projections list tells which one that is.`,
  arguments: ['name', 'position', 'reason'],
  async run(app, { arguments: [name = '', position = '', reason = ''] }, terminal) {
    if (!/^[1-9]\d{0,14}$/.test(position)) throw new UsageError(`${position} is no position of an event`)
    await app.get(CommandBus).execute(new SkipEvent(operatorCause(), name, Number(position), reason))
    terminal.say(`${name} goes on without event ${position}`)
  },
}
