import { type Command, CommandBus, QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { PauseProjection, ResumeProjection, RetryProjection, SkipEvent } from '../projections/commands.js'
import { ListProjections } from '../projections/list-projections.js'

const control = (
  commandName: string,
  about: string,
  commandOf: (cause: Cause, name: string) => Command<Effect>,
): CliCommand => ({
  name: commandName,
  about,
  arguments: ['name'],
  async run(app, { arguments: [name = ''] }, terminal) {
    await app.get(CommandBus).execute(commandOf(operatorCause(), name))
    const [projection] = await app.get(QueryBus).execute(new ListProjections([name]))
    terminal.say(`${name} is ${projection!.state}`)
  },
})

export const projectionsPause = control(
  'projections pause',
  'Stop updating a read model; after the pause it gets what happened meanwhile',
  (cause, name) => new PauseProjection(cause, name),
)
export const projectionsResume = control(
  'projections resume',
  'Update a paused read model again',
  (cause, name) => new ResumeProjection(cause, name),
)
export const projectionsRetry = control(
  'projections retry',
  'Let a failed read model try the same event again',
  (cause, name) => new RetryProjection(cause, name),
)

export const projectionsSkip: CliCommand = {
  name: 'projections skip',
  about: 'Let a failed read model go on without the event at which it failed',
  details: `The reason is recorded. Rebuilds of this version leave the event out too, and certificates name it.
Only the event at which the read model failed can be skipped; projections list says which one that is.`,
  arguments: ['name', 'position', 'reason'],
  async run(app, { arguments: [name = '', position = '', reason = ''] }, terminal) {
    if (!/^[1-9]\d{0,14}$/.test(position)) throw new UsageError(`${position} is not the position of an event`)
    await app.get(CommandBus).execute(new SkipEvent(operatorCause(), name, Number(position), reason))
    terminal.say(`${name} goes on without event ${position}`)
  },
}
