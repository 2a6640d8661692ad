import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { fillChats, lengths } from './chat/fill-chats.js'
import { measureNextPrompts, type NextPrompts } from './chat/measure-next-prompts.js'
import { Deployment } from './runner/deployment.js'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { median } from './runner/statistics.js'
import { decimal, ratio, table } from './runner/table.js'

/**
 * How long the next prompt takes in a long chat and in a short one, from the request to the whole answer of the
 * offline model: cold, as the first prompt after a start, and warm.
 *
 *   npm run bench -- chat [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { rounds: 1, long: 1_000, chats: 3 } : { rounds: 3, long: 10_000, chats: 10 }
const messages = { short: 10, full: 150, long: extent.long }

await runBench<NextPrompts[]>({
  json,
  report,
  toJson: (rounds) => ({ rounds }),
  measure: (servers, shutdown) =>
    servers.withDatabase(async (database) => {
      const deployment = new Deployment(database, randomBytes(32), servers.dir)
      shutdown.addStep(() => deployment.stop())
      const account = await deployment.account()
      reportProgress(`filling ${extent.chats} chats each of ${Object.values(messages).join(', ')} messages`)
      const chats = await fillChats(deployment, account.id, extent.chats, messages)
      const measured: NextPrompts[] = []
      for (let round = 1; round <= extent.rounds; round++) {
        measured.push(await measureNextPrompts(deployment, account, chats))
        reportProgress(`round ${round} of ${extent.rounds}`)
      }
      await deployment.stop()
      return measured
    }),
})

function report(rounds: readonly NextPrompts[]): string {
  const rows = (['cold', 'warm'] as const).map((kind) => {
    const medianOf = (pick: (round: NextPrompts) => number) => median(rounds.map(pick))
    const figures = lengths.map((length) => decimal(medianOf((round) => round[kind][length])))
    const comparedTo = (to: 'short' | 'full') => ratio(medianOf((round) => round[kind].long / round[kind][to]))
    return [
      kind,
      ...figures,
      comparedTo('short'),
      comparedTo('full'),
      rounds.map((round) => decimal(round[kind].long / round[kind].short)).join(', '),
    ]
  })
  const head = [
    'Next prompt to whole answer, median ms',
    ...lengths.map((length) => `chat of ${messages[length]}`),
    'to the first',
    'to the second',
    'to the first by round',
  ]
  return table([head, ...rows])
}
