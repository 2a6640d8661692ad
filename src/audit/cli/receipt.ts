import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { ReadReceipt } from '../receipts/read-receipt.js'

export const receipt: CliCommand = {
  name: 'receipt',
  about: 'Print a receipt: the proof that an event is in the log; with --open also its plaintext',
  details: 'Save it in a file; `npm run audit -- verify --receipt <file> --key <key>` verifies it offline.',
  arguments: ['position'],
  flags: ['open'],
  async run(app, { arguments: [text = ''], flags }, terminal) {
    const position = Number(text)
    if (!Number.isSafeInteger(position) || position < 1)
      throw new UsageError(`${text} is not a position: give a whole number from 1 on`)
    terminal.say(
      JSON.stringify(
        await app.get(QueryBus).execute(new ReadReceipt(operatorCause(), position, flags.has('open'))),
        null,
        2,
      ),
    )
  },
}
