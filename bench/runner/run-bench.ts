import { writeFile } from 'node:fs/promises'
import { Shutdown } from '../../src/service/shutdown.js'
import { describeMachine, type Machine } from './machine.js'
import { type Servers, startServers } from './servers.js'

/** The options of every bench, for parseArgs. */
export const benchOptions = { quick: { type: 'boolean', default: false }, json: { type: 'string' } } as const

interface Bench<Results> {
  /** The file for the results. */
  readonly json: string | undefined
  readonly measure: (servers: Servers, shutdown: Shutdown) => Promise<Results>
  /** What goes into the file, beside the machine. */
  readonly toJson: (results: Results) => object
  /** The tables of the results, as plain text. */
  readonly report: (results: Results) => string
}

export const reportProgress = (line: string): void =>
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`)

/** Runs a bench against servers of its own, prints its results, and ends the process. */
export async function runBench<Results>({ json, measure, toJson, report }: Bench<Results>): Promise<void> {
  const shutdown = new Shutdown(reportProgress)
  shutdown.listenToSignals()
  try {
    const servers = await startServers(shutdown)
    const machine = await describeMachine(servers)
    const results = await measure(servers, shutdown)
    if (json) await writeFile(json, JSON.stringify({ machine, ...toJson(results) }, null, 2))
    console.log(`\n${report(results)}\n\n${linesOf(machine)}\n`)
    await shutdown.begin(0)
  } catch (error) {
    if (!shutdown.hasBegun) console.error(error) // after Ctrl-C every step fails, and that is expected
    await shutdown.begin(1)
  }
}

const linesOf = (machine: Machine): string =>
  Object.entries(machine)
    .map(([name, value]) => `${name.padEnd(9)} ${value}`)
    .join('\n')
