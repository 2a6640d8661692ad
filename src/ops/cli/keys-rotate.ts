import { CommandBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause } from '../../cli/command.js'
import { RotateKeys } from '../keys/rotate-keys.js'

export const keysRotate: CliCommand = {
  name: 'keys rotate',
  about:
    'Wrap every key again, under MASTER_KEY; MASTER_KEY_PREVIOUS opens the keys that the previous master key wrapped',
  details: `1. Make a new key (openssl rand -base64 32), set it as MASTER_KEY and the present one as MASTER_KEY_PREVIOUS, and
   restart every process of the service with both. A generated key is in DATA_DIR/keys/master.key; this command
   removes it at the end, if it is MASTER_KEY_PREVIOUS.
2. Run this command, with both set. It may be interrupted and repeated; the service goes on meanwhile.
3. Unset MASTER_KEY_PREVIOUS, restart, and destroy that key. From then on nothing opens the erased keys in old
   backups: erasure is final.`,
  async run(app, _, terminal) {
    const rotate = (update: (done: number, total: number) => void) =>
      new RotateKeys(operatorCause(), (done, total) => update(done, Math.max(done, total)))
    const { rewrapped, destroyed, removedFile } = await terminal.withProgress('keys', (update) =>
      app.get(CommandBus).execute(rotate(update)),
    )
    const isDone = rewrapped + destroyed === 0
    const counts = `${rewrapped} keys are wrapped again; ${destroyed} keys of erased streams are destroyed`
    terminal.say(isDone ? 'every key is wrapped under MASTER_KEY already' : counts)
    if (removedFile !== undefined) terminal.say(`${removedFile} is removed: the key in it opens nothing any more`)
    if (!isDone)
      terminal.say('now unset MASTER_KEY_PREVIOUS, restart the service, and destroy that key wherever it is kept')
  },
}
