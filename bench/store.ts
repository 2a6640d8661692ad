import { LogRoot } from '../src/notary/log-root.js'
import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import type { Servers } from './runner/servers.js'
import { runAppends, scenarios, titleOf } from './store/appends.js'
import { bars, type Results } from './store/bars.js'
import { measureIdleLatency } from './store/measure-idle-latency.js'
import { fillLog, measureRebuild } from './store/measure-rebuild.js'
import { readModels } from './store/read-models.js'
import { report } from './store/report.js'
import { openEngine } from './store/verbatim.js'

/**
 * How fast the event store is, compared with other ways to use the same MongoDB.
 *
 *   npm run bench -- store [--quick] [--only <text>] [--json <file>]
 *
 * --quick   one short run of each: shows that everything works, its figures mean little
 * --only    only what has the text in its name: "64 writers", "emmett", "read models"
 * --json    also writes the results to a file
 */
const { quick, json, only } = parseArgs({
  options: { ...benchOptions, only: { type: 'string', default: '' } },
}).values
const extent = quick ? { rounds: 1, scale: 0.1 } : { rounds: 3, scale: 1 }
const loggedEvents = 100_000
const idleAppends = 200

await runBench<Results>({
  json,
  report,
  toJson: (results) => ({ ...results, bars: bars(results) }),
  measure: async (servers) => {
    const chosen = scenarios.filter((scenario) => isChosen(titleOf(scenario)))
    const appends = await runAppends(servers, chosen, { ...extent, reportProgress })
    return { appends, ...(isChosen('read models') && (await measureReadModels(servers))) }
  },
})

function isChosen(name: string): boolean {
  return name.toLowerCase().includes(only.toLowerCase())
}

function measureReadModels(servers: Servers): Promise<Pick<Results, 'rebuild' | 'idle'>> {
  return servers.withDatabase(async (database) => {
    const { engine, db, close } = await openEngine(database, readModels)
    try {
      reportProgress('filling a log for the read models')
      await fillLog(engine, new LogRoot(db, engine.log).at, loggedEvents * extent.scale)
      const rebuild = await measureRebuild(engine, db, extent.rounds, reportProgress)
      return { rebuild, idle: await measureIdleLatency(engine, idleAppends) }
    } finally {
      await close()
    }
  })
}
