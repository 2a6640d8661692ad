import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { integer } from './runner/table.js'
import type { Backend, OpenChat } from './traffic/backends.js'
import { closedLoop, type LoopResult } from './traffic/closed-loop.js'
import { withContest } from './traffic/contest.js'
import { sideBySide } from './traffic/side-by-side.js'
import { warmUp } from './traffic/warm-up.js'

/**
 * A page of 50 messages, and a list of chats, from 64 callers: Verbatim and a plain CRUD backend by turns.
 *
 *   npm run bench -- read [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { rounds: 1, ms: 3_000, warmUpMs: 1_500 } : { rounds: 3, ms: 8_000, warmUpMs: 3_000 }
const callers = 64
const promptsPerChat = 25

interface Figures {
  page: LoopResult
  list: LoopResult
}

type Results = Record<string, Figures[]>

await runBench<Results>({
  json,
  toJson: (results) => ({ results }),
  report: (results) =>
    sideBySide(`${callers} callers`, results, [
      { title: 'pages of 50 messages a second', figure: ({ page }) => page.perSecond, bar: { atLeast: 1.5 } },
      { title: '  p50, ms', figure: ({ page }) => page.p50 },
      { title: '  p99, ms', figure: ({ page }) => page.p99 },
      { title: 'lists of chats a second', figure: ({ list }) => list.perSecond, bar: { atLeast: 1.5 } },
      { title: '  p50, ms', figure: ({ list }) => list.p50 },
      { title: '  p99, ms', figure: ({ list }) => list.p99 },
    ]),
  measure: (servers, shutdown) =>
    withContest(servers, shutdown, async ({ verbatim, crud, during }) => {
      const results: Results = {}
      for (let round = 1; round <= extent.rounds; round++) {
        for (const backend of [verbatim, crud]) {
          const figures = await during(backend, () => measure(backend))
          ;(results[backend.name] ??= []).push(figures)
          reportProgress(`round ${round}: ${backend.name}, ${integer(figures.page.perSecond)} pages/s`)
        }
      }
      return results
    }),
})

async function measure(backend: Backend): Promise<Figures> {
  await warmUp(backend, extent.warmUpMs)
  const chats = await backend.makeChats(64)
  for (let i = 0; i < promptsPerChat; i++)
    await Promise.all(chats.map((chat) => backend.send(chat, `Say something about number ${i}.`)))
  const read = async (what: (chat: OpenChat) => Promise<unknown>) => {
    const one = (n: number) => what(chats[n % chats.length]!)
    await closedLoop(callers, extent.warmUpMs, one)
    return await closedLoop(callers, extent.ms, one)
  }
  return {
    page: await read((chat) => backend.pageOfMessages(chat)),
    list: await read((chat) => backend.listOfChats(chat)),
  }
}
