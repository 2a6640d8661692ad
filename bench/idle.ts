import { parseArgs } from 'node:util'
import { pause } from '../src/event-store/timing.js'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { median } from './runner/statistics.js'
import { decimal, table } from './runner/table.js'
import { withContest } from './traffic/contest.js'
import type { Cost } from './traffic/cost-meter.js'
import { warmUp } from './traffic/warm-up.js'

/**
 * What a service costs that has nothing to do, and how long it takes to start beside a database that has been used.
 *
 *   npm run bench -- idle [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { rounds: 1, seconds: 15 } : { rounds: 3, seconds: 30 }
/** V8 collects the garbage of the start twice, up to half a minute later. */
const settleMs = 40_000

interface Figures {
  readonly startMs: number
  /** For one second. */
  readonly idle: Cost
}

await runBench<Figures[]>({
  json,
  toJson: (rounds) => ({ rounds }),
  report,
  measure: (servers, shutdown) =>
    withContest(servers, shutdown, async ({ verbatim, meter, during }) => {
      await during(verbatim, () => warmUp(verbatim, 2_000))
      const rounds: Figures[] = []
      for (let round = 1; round <= extent.rounds; round++) {
        const began = performance.now()
        await during(verbatim, async () => {
          const startMs = performance.now() - began
          await verbatim.makeChats(1)
          await pause(settleMs)
          const [, cost] = await meter.measure(verbatim.pid, () => pause(extent.seconds * 1000))
          const perSecond = Object.entries(cost).map(([name, value]) => [name, value / extent.seconds])
          rounds.push({ startMs, idle: Object.fromEntries(perSecond) as Cost })
        })
        reportProgress(`round ${round} of ${extent.rounds}`)
      }
      return rounds
    }),
})

function report(rounds: readonly Figures[]): string {
  const of = (pick: (figures: Figures) => number) => decimal(median(rounds.map(pick)))
  /** 10 ms of a second are one percent of a core. */
  const percent = (pick: (idle: Cost) => number) => of(({ idle }) => pick(idle) / 10)
  return table([
    ['with nothing to do', '', 'bar'],
    ['% of a core, in all', percent((one) => one.backendMs + one.mongodMs + one.redisMs), '≤ 1.5'],
    ['  of the service', percent((one) => one.backendMs), ''],
    ['  of mongod', percent((one) => one.mongodMs), ''],
    ['  of Redis', percent((one) => one.redisMs), ''],
    ['MongoDB requests a second', of(({ idle }) => idle.mongodbRequests), ''],
    ['Redis commands a second', of(({ idle }) => idle.redisCommands), ''],
    ['start to /health, ms', of(({ startMs }) => startMs), '≤ 2000'],
  ])
}
