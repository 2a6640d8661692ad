import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { integer } from './runner/table.js'
import type { Backend } from './traffic/backends.js'
import { closedLoop } from './traffic/closed-loop.js'
import { type Contest, withContest } from './traffic/contest.js'
import { type Row, sideBySide } from './traffic/side-by-side.js'
import { warmUp } from './traffic/warm-up.js'

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
            await warmUp(backend, extent.warmUpMs)
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
  const chats = await backend.makeChats(Math.max(6 * level, 40))
  // Node accepts one connection in a turn of its loop: 256 new ones would wait for seconds, in both backends.
  await Promise.all(chats.slice(0, level).map((chat) => backend.listOfChats(chat)))
  const send = (n: number) => backend.send(chats[n % chats.length]!, `How does number ${n} of the prompts go on?`)
  const [{ calls, perSecond, p50, p99 }, cost] = await meter.measure(backend.pid, () =>
    closedLoop(level, extent.ms, send),
  )
  const perPrompt = Object.fromEntries(Object.entries(cost).map(([name, value]) => [name, value / calls]))
  return { perSecond, p50, p99, ...perPrompt } as Figures
}

function report(results: Results): string {
  return levels
    .map((level) => {
      const rounds = Object.fromEntries(Object.entries(results).map(([name, byLevel]) => [name, byLevel[level]!]))
      return sideBySide(`${level} ${level === 1 ? 'caller' : 'callers'}`, rounds, rowsOf(level))
    })
    .join('\n\n')
}

/** With the bars that we hold ourselves to. */
function rowsOf(level: number): Row<Figures>[] {
  const isLow = level === 8
  const isHigh = level === 64
  return [
    {
      title: 'prompts a second',
      figure: (one) => one.perSecond,
      ...(isLow && { bar: { atLeast: 0.8 } }),
      ...(isHigh && { bar: { atLeast: 1 } }),
    },
    { title: 'p50, ms', figure: (one) => one.p50 },
    { title: 'p99, ms', figure: (one) => one.p99, ...(isHigh && { bar: { atMost: 1 } }) },
    {
      title: 'processor, ms a prompt',
      figure: (one) => one.backendMs + one.mongodMs + one.redisMs,
      ...((isLow || isHigh) && { bar: { atMost: 1.3 } }),
    },
    { title: '  of the backend', figure: (one) => one.backendMs },
    { title: '  of mongod', figure: (one) => one.mongodMs },
    { title: '  of Redis', figure: (one) => one.redisMs },
    { title: 'MongoDB requests a prompt', figure: (one) => one.mongodbRequests },
    { title: 'Redis commands a prompt', figure: (one) => one.redisCommands },
  ]
}
