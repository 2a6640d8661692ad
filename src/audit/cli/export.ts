import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { ExportLog } from '../export/export-log.js'
import { GrowingFile } from '../export/growing-file.js'

export const exportLog: CliCommand = {
  name: 'export',
  about:
    'Write the log into a file that anybody can verify without us; into one that is there already, only what is new',
  details: `The file has the events as they are stored, and a checkpoint at the end of each run. It can be broken off and
repeated. With --open it also has the words that people and models said, readable, with what proves them: treat
it accordingly. Each run is recorded in the log. docs/audit.md describes every line.`,
  arguments: ['file'],
  options: { after: 'position' },
  flags: ['open'],
  async run(app, { arguments: [name = ''], options, flags }, terminal) {
    const file = await GrowingFile.open(name)
    try {
      const after = file.upTo ?? positionOf(options.after)
      const { upTo, lines } = await app
        .get(QueryBus)
        .execute(new ExportLog(operatorCause(), after, flags.has('open'), file.upTo !== undefined))
      let written = 0
      await terminal.withProgress('events', async (update) => {
        for await (const some of lines) {
          await file.write(some)
          written += some.split('\n{"at":').length - (some.startsWith('{"at":') ? 0 : 1)
          update(Math.min(written, upTo - after), upTo - after)
        }
      })
      terminal.say(`${name} has the log up to event ${upTo}, ${upTo - after} of them new`)
    } finally {
      await file.close()
    }
  },
}

function positionOf(text = '0'): number {
  const position = Number(text)
  if (!Number.isSafeInteger(position) || position < 0) throw new UsageError(`--after: ${text} is no position`)
  return position
}
