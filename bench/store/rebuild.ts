import type { Engine } from '../../src/event-store/engine.js'
import type { Db } from './drivers.js'
import { write } from './load.js'
import { readModels } from './read-models.js'
import { median } from './statistics.js'
import { say } from './verbatim.js'

/** Events/s. */
interface Rates {
  readonly median: number
  readonly rounds: readonly number[]
}

export interface RebuildResult {
  readonly events: number
  /** Reading the log with the bare driver. */
  readonly scan: Rates
  /** Rebuilding all models in one pass, to the end of the call. */
  readonly rebuild: Rates
  /** Seconds from the start until the last model had its certificate, and until the last was in its place. */
  readonly certified: number
  readonly swapped: number
}

/** A log with nothing but messages; the models are up to date afterwards, and the notary has its root. */
export async function fill(
  engine: Engine,
  rootAt: (position: number) => Promise<string>,
  events: number,
): Promise<void> {
  await write({ writers: 256, calls: events }, (chatId, n) => say(engine, chatId, n))
  await rootAt(events)
  engine.start({ projector: true })
  await engine.projections.waitUntilCurrent()
  if (!(await engine.projections.waitUntilReached(events))) throw new Error('the read models are not up to date')
}

/** Scan and rebuild take turns, so that both meet the same machine. */
export async function measureRebuild(
  engine: Engine,
  db: Db,
  rounds: number,
  progress: (line: string) => void,
): Promise<RebuildResult> {
  const events = await engine.store.head()
  const scans: number[] = []
  const rebuilds: OneRebuild[] = []
  for (let round = 1; round <= rounds; round++) {
    const scanned = await scan(db)
    const rebuilt = await rebuild(engine)
    scans.push(scanned)
    rebuilds.push(rebuilt)
    progress(
      `round ${round} of ${rounds}: ${events} events scanned in ${scanned.toFixed(2)} s, rebuilt in ${rebuilt.swapped.toFixed(2)} s`,
    )
  }
  const rates = (seconds: number[]) => ({
    median: events / median(seconds),
    rounds: seconds.map((one) => events / one),
  })
  return {
    events,
    scan: rates(scans),
    rebuild: rates(rebuilds.map(({ swapped }) => swapped)),
    certified: median(rebuilds.map(({ certified }) => certified)),
    swapped: median(rebuilds.map(({ swapped }) => swapped)),
  }
}

/** How many seconds reading takes for one who does nothing with what he reads. */
async function scan(db: Db): Promise<number> {
  const started = performance.now()
  for await (const append of db.collection('log').find().sort({ _id: 1 }).batchSize(1000)) {
    if (!append.events) throw new Error(`there is something else in the log at ${String(append._id)}`)
  }
  return (performance.now() - started) / 1000
}

interface OneRebuild {
  certified: number
  swapped: number
}

async function rebuild({ projections }: Engine): Promise<OneRebuild> {
  const started = Date.now()
  const certificates = await projections.rebuild(readModels.map(({ name }) => name))
  const swapped = (Date.now() - started) / 1000
  const certified = (Math.max(...certificates.map(({ at }) => at.getTime())) - started) / 1000
  return { certified, swapped }
}
