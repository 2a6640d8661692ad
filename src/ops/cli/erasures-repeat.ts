import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, CommandBus } from '@nestjs/cqrs'
import { DeleteChat } from '../../chat/commands/delete-chat.js'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { isErased, Refused } from '../../event-store/errors.js'
import { EraseGuest } from '../../guests/commands/erase-guest.js'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { EraseAccount } from '../../identity/commands/erase-account.js'
import { DeleteProject } from '../../projects/commands/delete-project.js'

type Ids = Record<'userId' | 'chatId' | 'projectId' | 'guestId' | 'ownerId', string>

/** By the event that says so. */
const again = new Map<string, (cause: Cause, ids: Ids) => Command<Effect>>([
  ['UserErased', (cause, { userId }) => new EraseAccount(cause, userId)],
  ['ChatErased', (cause, { chatId, ownerId }) => new DeleteChat(cause, { chatId, ownerId }, true)],
  ['ProjectErased', (cause, { projectId, ownerId }) => new DeleteProject(cause, { projectId, ownerId }, true)],
  ['GuestErased', (cause, { guestId }) => new EraseGuest(cause, guestId, new Date())],
])

export const erasuresRepeat: CliCommand = {
  name: 'erasures repeat',
  about: 'Erase again what an export of the log says was erased: after a restore, what was erased since the backup',
  details: 'Verify the export first: what it names is erased for good. May be broken off and repeated.',
  arguments: ['export'],
  async run(app, { arguments: [file = ''] }, terminal) {
    let [named, done] = [0, 0]
    for await (const [type, ids] of erasuresIn(file)) {
      if (terminal.signal.aborted) break
      named++
      if (await isErasedNow(app.get(CommandBus), again.get(type)!(operatorCause(), ids))) done++
    }
    terminal.say(`${named} erasures are in ${file}; ${done} of them had come undone and are done again`)
  },
}

async function* erasuresIn(file: string): AsyncGenerator<[string, Ids]> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  try {
    for await (const line of lines) {
      const { event } = JSON.parse(line) as { event?: { type: string; data: Ids } }
      if (event && again.has(event.type)) yield [event.type, event.data]
    }
  } catch (error) {
    throw new UsageError(`${file} cannot be read as an export: ${(error as Error).message}`, { cause: error })
  }
}

/** False for what is erased already, and for what the log, as it is now, has never heard of. */
async function isErasedNow(commands: CommandBus, erasing: Command<Effect>): Promise<boolean> {
  try {
    return (await commands.execute(erasing)).position > 0
  } catch (error) {
    const isNothing = (error instanceof Refused && error.code === 'not_found') || isErased(error)
    if (isNothing) return false
    throw error
  }
}
