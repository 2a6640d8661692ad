import { parseArgs } from 'node:util'
import { benchOptions, runBench } from './runner/run-bench.js'
import { latencyOf, median } from './runner/statistics.js'
import { decimal, table } from './runner/table.js'
import { withContest } from './traffic/contest.js'
import { warmUp } from './traffic/warm-up.js'

/**
 * What Verbatim adds to the model: how long the first word takes from the model to a client that reads along, and a
 * prompt to its whole answer beyond the time that the model itself takes. The word says when it was sent.
 *
 *   npm run bench -- first-token [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { rounds: 1, prompts: 100, warmUpMs: 2_000 } : { rounds: 3, prompts: 300, warmUpMs: 4_000 }

interface Figures {
  callers: number
  first: { p50: number; p99: number }
  whole: number
}

await runBench<Figures[]>({
  json,
  toJson: (rounds) => ({ rounds }),
  report,
  measure: (servers, shutdown) =>
    withContest(servers, shutdown, ({ verbatim, during }) =>
      during(verbatim, async () => {
        await warmUp(verbatim, extent.warmUpMs)
        const rounds: Figures[] = []
        for (let round = 0; round < extent.rounds; round++) {
          for (const callers of [1, 8]) {
            const chats = await verbatim.makeChats(40)
            const [first, whole]: [number[], number[]] = [[], []]
            let n = 0
            const caller = async () => {
              while (n < extent.prompts) {
                const timing = await verbatim.readAlong(chats[n++ % chats.length]!, 'What comes first?')
                first.push(timing.firstMs)
                whole.push(timing.wholeMs)
              }
            }
            await Promise.all(Array.from({ length: callers }, caller))
            rounds.push({ callers, first: latencyOf(first), whole: median(whole) })
          }
        }
        return rounds
      }),
    ),
})

function report(rounds: readonly Figures[]): string {
  const rows = [1, 8].map((callers) => {
    const those = rounds.filter((round) => round.callers === callers)
    const of = (pick: (figures: Figures) => number) => decimal(median(those.map(pick)))
    return [`${callers}`, of(({ first }) => first.p50), of(({ first }) => first.p99), of(({ whole }) => whole)]
  })
  const head = ['callers', 'first word, p50 ms', 'p99', 'prompt to end, p50']
  return table([head, ...rows, ['bar', '≤ 8', '≤ 20', '≤ 15 for one']])
}
