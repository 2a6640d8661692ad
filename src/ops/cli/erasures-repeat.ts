import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, CommandBus } from '@nestjs/cqrs'
import { DeleteChat } from '../../chat/commands/delete-chat.js'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { isErased, Refused } from '../../event-store/errors.js'
import { EraseGuest } from '../../guests/commands/erase-guest.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { EraseAccount } from '../../identity/commands.js'
import { DeleteProject } from '../../projects/commands/delete-project.js'

type Ids = Record<'userId' | 'chatId' | 'projectId' | 'guestId' | 'ownerId', string>

/** The command that repeats an erasure, by the type of its event. */
const repetitions = new Map<string, (cause: Cause, ids: Ids) => Command<Effect>>([
  ['UserErased', (cause, { userId }) => new EraseAccount(cause, userId)],
  ['ChatErased', (cause, { chatId, ownerId }) => new DeleteChat(cause, { chatId, ownerId }, true)],
  ['ProjectErased', (cause, { projectId, ownerId }) => new DeleteProject(cause, { projectId, ownerId }, true)],
  ['GuestErased', (cause, { guestId }) => new EraseGuest(cause, guestId, new Date())],
])

export const erasuresRepeat: CliCommand = {
  name: 'erasures repeat',
  about: 'Repeat every erasure that an export of the log names: after a restore, those since the backup',
  details:
    'Verify the export first: everything it names is erased for good. The command may be interrupted and repeated.',
  arguments: ['export'],
  async run(app, { arguments: [file = ''] }, terminal) {
    let [named, done] = [0, 0]
    for await (const [type, ids] of erasuresIn(file)) {
      if (terminal.signal.aborted) break
      named++
      if (await repeatErasure(app.get(CommandBus), repetitions.get(type)!(operatorCause(), ids))) done++
    }
    terminal.say(`${file} names ${named} erasures; ${done} of them were missing here and are done again`)
  },
}

async function* erasuresIn(file: string): AsyncGenerator<[string, Ids]> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  try {
    for await (const line of lines) {
      const { event } = JSON.parse(line) as { event?: { type: string; data: Ids } }
      if (event && repetitions.has(event.type)) yield [event.type, event.data]
    }
  } catch (error) {
    throw new UsageError(`${file} cannot be read as an export: ${(error as Error).message}`, { cause: error })
  }
}

/** Whether it erased anything. It does not if that is erased already, or if this log knows nothing of it. */
async function repeatErasure(commands: CommandBus, erasure: Command<Effect>): Promise<boolean> {
  try {
    return (await commands.execute(erasure)).position > 0
  } catch (error) {
    const isUnknown = error instanceof Refused && error.code === 'not_found'
    if (isUnknown || isErased(error)) return false
    throw error
  }
}
