import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, UsageError } from '../../cli/command.js'
import { ExportLog } from '../export/export-log.js'
import { ExportFile } from '../export/export-file.js'

export const exportLog: CliCommand = {
  name: 'export',
  about: 'Write the log to a file that anybody can verify offline. If the file exists, append only what is new',
  details: `The file contains the events as they are stored, and a checkpoint at the end of each run. A run can be interrupted and
repeated. With --open the file also contains, readable, what people and models wrote, with its proof: keep such a file
safe. Each run is recorded in the log. docs/audit.md describes every line.`,
  arguments: ['file'],
  options: { after: 'position' },
  flags: ['open'],
  async run(app, { arguments: [name = ''], options, flags }, terminal) {
    const file = await ExportFile.open(name)
    try {
      const after = file.upTo ?? positionOf(options.after)
      const { upTo, lines } = await app
        .get(QueryBus)
        .execute(new ExportLog(operatorCause(), after, flags.has('open'), file.upTo !== undefined))
      let written = 0
      await terminal.withProgress('events', async (update) => {
        for await (const text of lines) {
          await file.write(text)
          written += text.split('\n{"at":').length - (text.startsWith('{"at":') ? 0 : 1)
          update(Math.min(written, upTo - after), upTo - after)
        }
      })
      terminal.say(`${name} contains the log up to event ${upTo}; ${upTo - after} events are new`)
    } finally {
      await file.close()
    }
  },
}

function positionOf(text = '0'): number {
  const position = Number(text)
  if (!Number.isSafeInteger(position) || position < 0)
    throw new UsageError(`--after: ${text} is not a position: give a whole number from 0 on`)
  return position
}
