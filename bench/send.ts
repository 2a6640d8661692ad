import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { median } from './runner/statistics.js'
import { decimal, integer, ratio, table } from './runner/table.js'
import type { Backend } from './traffic/backends.js'
import { closedLoop } from './traffic/closed-loop.js'
import { type Contest, withContest } from './traffic/contest.js'

/**
 * A prompt and its whole answer, in Verbatim and in a plain CRUD backend on the same engines, by turns. The model
 * answers at once with 40 words.
 *
 *   npm run bench -- send [--quick] [--callers 1,8,64,256] [--only Verbatim] [--json <file>]
 */
const options = {
  ...benchOptions,
  callers: { type: 'string', default: '1,8,64,256' },
  only: { type: 'string' },
} as const
const { quick, json, callers, only } = parseArgs({ options }).values
const levels = callers.split(',').map(Number)
const extent = quick ? { rounds: 1, ms: 4_000, warmUpMs: 1_500 } : { rounds: 3, ms: 8_000, warmUpMs: 3_000 }

/** Of one backend, one number of callers and one round; costs are for a prompt. */
interface Figures {
  perSecond: number
  p50: number
  p99: number
  backendMs: number
  mongodMs: number
  redisMs: number
  mongodbRequests: number
  redisCommands: number
}

type Results = Record<string, Record<number, Figures[]>>

const rowNames: readonly (readonly [keyof Figures, string])[] = [
  ['perSecond', 'prompts a second'],
  ['p50', 'p50, ms'],
  ['p99', 'p99, ms'],
  ['backendMs', 'processor: backend, ms a prompt'],
  ['mongodMs', 'processor: mongod'],
  ['redisMs', 'processor: Redis'],
  ['mongodbRequests', 'MongoDB requests a prompt'],
  ['redisCommands', 'Redis commands a prompt'],
]

await runBench<Results>({
  json,
  report,
  toJson: (results) => ({ results }),
  measure: (servers, shutdown) =>
    withContest(servers, shutdown, async (contest) => {
      const results: Results = {}
      for (let round = 1; round <= extent.rounds; round++) {
        for (const backend of [contest.verbatim, contest.crud]) {
          if (only && backend.name !== only) continue
          await contest.during(backend, async () => {
            for (const level of levels) {
              const figures = await measure(contest, backend, level)
              ;((results[backend.name] ??= {})[level] ??= []).push(figures)
              reportProgress(
                `round ${round}: ${backend.name}, ${level} callers: ${integer(figures.perSecond)} prompts/s`,
              )
            }
          })
        }
      }
      return results
    }),
})

async function measure({ meter }: Contest, backend: Backend, level: number): Promise<Figures> {
  // Chats stay so short that both backends give the model all that was said.
  const chats = await backend.makeChats(level === 1 ? 24 : Math.max(2 * level, 240))
  const send = (n: number) => backend.send(chats[n % chats.length]!, `How does number ${n} of the prompts go on?`)
  await closedLoop(level, extent.warmUpMs, send)
  const fresh = await backend.makeChats(chats.length)
  const sendFresh = (n: number) => backend.send(fresh[n % fresh.length]!, `How does number ${n} of the prompts go on?`)
  const [{ calls, perSecond, p50, p99 }, cost] = await meter.measure(backend.pid, () =>
    closedLoop(level, extent.ms, sendFresh),
  )
  const perPrompt = Object.fromEntries(Object.entries(cost).map(([name, value]) => [name, value / calls]))
  return { perSecond, p50, p99, ...perPrompt } as Figures
}

function report(results: Results): string {
  const names = Object.keys(results)
  return levels
    .map((level) => {
      const of = (name: string, pick: (figures: Figures) => number) => median(results[name]![level]!.map(pick))
      const both = names.length === 2
      const compare = (pick: (figures: Figures) => number) =>
        both ? [ratio(of(names[0]!, pick) / of(names[1]!, pick))] : []
      const row = (title: string, pick: (figures: Figures) => number) => [
        title,
        ...names.map((name) => decimal(of(name, pick))),
        ...compare(pick),
      ]
      const head = [`${level} ${level === 1 ? 'caller' : 'callers'}`, ...names, ...(both ? ['ratio'] : [])]
      const all = (figures: Figures) => figures.backendMs + figures.mongodMs + figures.redisMs
      return table([
        head,
        ...rowNames.slice(0, 3).map(([key, title]) => row(title, (figures) => figures[key])),
        row('processor: all, ms a prompt', all),
        ...rowNames.slice(3).map(([key, title]) => row(title, (figures) => figures[key])),
      ])
    })
    .join('\n\n')
}
