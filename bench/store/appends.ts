import { setTimeout as pause } from 'node:timers/promises'
import type { Contender } from './contender.js'
import { emmett } from './emmett.js'
import { severalProcesses } from './several-processes.js'
import { insertMany, insertOne } from './raw-driver.js'
import type { Servers } from '../runner/servers.js'
import { type Figures, figures, medianRun } from './figures.js'
import { verbatim } from './verbatim.js'

export interface Scenario {
  readonly contender: Contender
  readonly writers: number
  /** How many events each run writes: enough for a few seconds. */
  readonly events: number
}

export interface AppendResult extends Figures {
  readonly name: string
  readonly writers: number
  readonly runs: readonly Figures[]
}

/** Scenarios that are compared run one after the other, so that the machine is in the same state. */
export const scenarios: readonly Scenario[] = [
  { contender: emmett, writers: 1, events: 1_500 },
  { contender: verbatim, writers: 1, events: 2_000 },
  { contender: insertOne, writers: 1, events: 2_000 },
  { contender: emmett, writers: 16, events: 8_000 },
  { contender: verbatim, writers: 16, events: 25_000 },
  { contender: insertOne, writers: 64, events: 20_000 },
  { contender: emmett, writers: 64, events: 9_000 },
  { contender: verbatim, writers: 64, events: 70_000 },
  { contender: severalProcesses, writers: 64, events: 40_000 },
  { contender: insertOne, writers: 256, events: 20_000 },
  { contender: emmett, writers: 256, events: 9_000 },
  { contender: verbatim, writers: 256, events: 90_000 },
  { contender: insertMany, writers: 1, events: 120_000 },
  { contender: insertMany, writers: 4, events: 160_000 },
]

export interface Extent {
  readonly rounds: number
  /** 1: all events; less for a quick run. */
  readonly scale: number
  readonly reportProgress: (line: string) => void
}

/** Runs all scenarios once per round, so that the machine's other work affects all of them alike. */
export async function runAppends(
  servers: Servers,
  chosen: readonly Scenario[],
  { rounds, scale, reportProgress }: Extent,
): Promise<AppendResult[]> {
  const runs = new Map<Scenario, Figures[]>(chosen.map((scenario) => [scenario, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [scenario, soFar] of runs) {
      const run = await runOnce(servers, scenario, scale)
      soFar.push(run)
      reportProgress(`round ${round} of ${rounds}: ${titleOf(scenario)}: ${rounded(run)}`)
    }
  }
  return [...runs].map(([{ contender, writers }, all]) => ({
    name: contender.name,
    writers,
    ...medianRun(all),
    runs: all,
  }))
}

const warmUp = 0.2
/** Gives the server time to remove the files of the dropped database. */
const settleMs = 200

function runOnce(servers: Servers, { contender, writers, events }: Scenario, scale: number): Promise<Figures> {
  const load = (part: number) => ({ writers, calls: Math.ceil((events * scale * part) / contender.eventsPerCall) })
  return servers.withDatabase(async (database) => {
    const opened = await contender.open(database)
    try {
      await opened.write(load(warmUp))
      const measured = await opened.write(load(1))
      return figures(measured, contender.eventsPerCall)
    } finally {
      await opened.close()
      await pause(settleMs)
    }
  })
}

/** The text that --only searches. */
export const titleOf = ({ contender, writers }: Scenario): string =>
  `${contender.name}, ${writers} ${writers === 1 ? 'writer' : 'writers'}`

const rounded = ({ eventsPerSecond, p99 }: Figures) =>
  `${Math.round(eventsPerSecond)} events/s, p99 ${p99.toFixed(1)} ms`
