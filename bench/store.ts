import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Shutdown } from '../src/service/shutdown.js'
import { runAppends, scenarios, titleOf } from './store/appends.js'
import { bars, type Results } from './store/bars.js'
import { measureIdleLatency } from './store/idle-latency.js'
import { describeMachine } from './store/machine.js'
import { readModels } from './store/read-models.js'
import { fill, measureRebuild } from './store/rebuild.js'
import { report } from './store/report.js'
import { type Servers, startServers } from './store/servers.js'
import { openEngine } from './store/verbatim.js'

/**
 * How fast the event store is, next to what else one could do with the same MongoDB.
 *
 *   npm run bench -- store [--quick] [--only <text>] [--json <file>]
 *
 * --quick   one short run of each: shows that all works, its figures mean little
 * --only    what has the text in its name: "64 writers", "emmett", "read models"
 * --json    writes the results into a file, too
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
})
const extent = options.quick ? { rounds: 1, scale: 0.1 } : { rounds: 3, scale: 1 }
const loggedEvents = 100_000
const idleAppends = 200

const say = (line: string) => console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`)
const shutdown = new Shutdown(say)
shutdown.listenToSignals()

try {
  const servers = await startServers(shutdown)
  const machine = await describeMachine(servers)
  const results = await measureAll(servers)
  if (options.json) await writeFile(options.json, JSON.stringify({ machine, ...results, bars: bars(results) }, null, 2))
  console.log(`\n${report(machine, results)}\n`)
  await shutdown.begin(0)
} catch (error) {
  // after Ctrl-C everything fails, and that is how it should be
  if (!shutdown.hasBegun) console.error(error)
  await shutdown.begin(1)
}

async function measureAll(servers: Servers): Promise<Results> {
  const chosen = scenarios.filter((scenario) => isWanted(titleOf(scenario)))
  const appends = await runAppends(servers, chosen, { ...extent, say })
  return { appends, ...(isWanted('read models') && (await measureReadModels(servers))) }
}

function isWanted(name: string): boolean {
  return name.toLowerCase().includes(options.only.toLowerCase())
}

function measureReadModels(servers: Servers): Promise<Pick<Results, 'rebuild' | 'idle'>> {
  return servers.within(async (place) => {
    const { engine, db, logRoot, close } = await openEngine(place, readModels)
    try {
      say('filling a log for the read models')
      await fill(engine, logRoot.at, loggedEvents * extent.scale)
      const rebuild = await measureRebuild(engine, db, extent.rounds, say)
      return { rebuild, idle: await measureIdleLatency(engine, idleAppends) }
    } finally {
      await close()
    }
  })
}
