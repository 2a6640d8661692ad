import type { Engine } from '../../src/event-store/engine.js'
import type { Db } from './drivers.js'
import { write } from './load.js'
import { readModels } from './read-models.js'
import { median } from './statistics.js'
import { say } from './verbatim.js'

const names = readModels.map(({ name }) => name)

export interface RebuildResult {
  readonly events: number
  /** Events/s, medians: of reading the log with the bare driver, and of rebuilding all models in one pass. */
  readonly scan: number
  readonly rebuild: number
  /** Seconds from the start until the last model had its certificate, and until the last was in its place. */
  readonly certified: number
  readonly swapped: number
}

/** A log with nothing but messages; the models are up to date afterwards, and the notary has its root. */
export async function fill(engine: Engine, rootAt: (position: number) => Promise<string>, events: number): Promise<void> {
  await write({ writers: 256, calls: events }, (chatId, n) => say(engine, chatId, n))
  await rootAt(events)
  engine.start({ projector: true })
  await engine.projections.current()
  if (!(await engine.projections.reached(events))) throw new Error('the read models are not up to date')
}

/** Scan and rebuild take turns, so that both meet the same machine. */
export async function measureRebuild(engine: Engine, db: Db, rounds: number, progress: (line: string) => void): Promise<RebuildResult> {
  const scans: Scan[] = []
  const rebuilds: OneRebuild[] = []
  for (let round = 1; round <= rounds; round++) {
    scans.push(await scan(db))
    rebuilds.push(await rebuild(engine))
    const [read, rebuilt] = [scans.at(-1)!, rebuilds.at(-1)!]
    progress(`round ${round} of ${rounds}: ${read.events} events scanned in ${seconds(read.took)}, rebuilt in ${seconds(rebuilt.swapped)}`)
  }
  const { events } = scans[0]!
  const swapped = median(rebuilds.map((one) => one.swapped))
  return {
    events,
    scan: events / median(scans.map(({ took }) => took)),
    rebuild: events / swapped,
    certified: median(rebuilds.map((one) => one.certified)),
    swapped,
  }
}

interface Scan {
  events: number
  took: number
}

/** What reading costs whoever does nothing with it. */
async function scan(db: Db): Promise<Scan> {
  const started = performance.now()
  let events = 0
  for await (const append of db.collection('log').find().sort({ _id: 1 }).batchSize(1000)) events += append.n
  return { events, took: (performance.now() - started) / 1000 }
}

interface OneRebuild {
  certified: number
  swapped: number
}

async function rebuild({ projections }: Engine): Promise<OneRebuild> {
  const started = Date.now()
  const certificates = await projections.rebuild(names)
  const swapped = (Date.now() - started) / 1000
  const certified = (Math.max(...certificates.map(({ at }) => at.getTime())) - started) / 1000
  return { certified, swapped }
}

const seconds = (number: number) => `${number.toFixed(2)} s`
