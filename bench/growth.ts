import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { GrowingService } from './growth/growing-service.js'
import { type GrowthFigures, measureGrowth } from './growth/measure-growth.js'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { decimal, integer, ratio, table } from './runner/table.js'

/**
 * Whether anything becomes slower while the log grows: the same measurements at several sizes of one log. With --folder
 * the log is kept there, and the next run goes on with it: five million events take half an hour to write and read.
 *
 *   npm run bench -- growth [--quick] [--sizes 10000,1000000,5000000] [--folder <path>] [--json <file>]
 */
const options = { ...benchOptions, sizes: { type: 'string' }, folder: { type: 'string' } } as const
const { quick, json, folder, sizes } = parseArgs({ options }).values
const wanted = (sizes ?? (quick ? '10000,30000' : '10000,1000000,5000000')).split(',').map(Number)
const extent = quick ? { ms: 2_000, firstWords: 50, appends: 2_000 } : { ms: 8_000, firstWords: 300, appends: 20_000 }

await runBench<GrowthFigures[]>({
  json,
  toJson: (figures) => ({ figures }),
  report,
  measure: async ({ dir }, shutdown) => {
    const service = await GrowingService.open(folder ?? join(dir, 'growth'), shutdown, reportProgress)
    const measured: GrowthFigures[] = []
    for (const size of wanted) {
      await service.growTo(size, reportProgress)
      measured.push(await measureGrowth(service, extent))
      reportProgress(`measured: ${JSON.stringify(measured.at(-1))}`)
    }
    return measured
  },
})

function report(measured: readonly GrowthFigures[]): string {
  const row = (title: string, pick: (figures: GrowthFigures) => number, bar: string) => [
    title,
    ...measured.map((one) => (pick(one) < 100 ? decimal(pick(one)) : integer(pick(one)))),
    ratio(pick(measured.at(-1)!) / pick(measured[0]!)),
    bar,
  ]
  return table([
    ['events in the log', ...measured.map(({ events }) => integer(events)), 'last to first', 'bar'],
    row('prompts a second, 8 callers', (one) => one.prompts, '≥ 0.85 ×'),
    row('pages of messages a second, 8 callers', (one) => one.pages, '≥ 0.85 ×'),
    row('first word beyond the model, ms', (one) => one.firstWordMs, '≤ 1.15 ×'),
    row('appends a second, 256 writers', (one) => one.appends, '≥ 0.85 ×'),
    row('chats rebuilt, events a second', (one) => one.rebuilt, '≥ 0.85 ×'),
    row('verified, events a second', (one) => one.verified, '≥ 0.85 ×'),
    row('memory of the service, MiB', (one) => one.serviceMiB, '≤ 1.15 ×'),
    row('bytes on disk an event', (one) => one.bytesOnDisk, ''),
  ])
}
