import type { Engine } from '../../src/event-store/engine.js'
import type { Db } from '../runner/drivers.js'
import { writeLoad } from './load.js'
import { readModels } from './read-models.js'
import { median } from '../runner/statistics.js'
import { appendMessage } from './verbatim.js'

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
  /** Seconds from the start until the last model had its certificate, and until the last one was swapped in. */
  readonly certified: number
  readonly swapped: number
}

/** Fills a log with messages only. Afterwards the read models are up to date, and the log's root is known. */
export async function fillLog(
  engine: Engine,
  rootAt: (position: number) => Promise<string>,
  events: number,
): Promise<void> {
  await writeLoad({ writers: 256, calls: events }, (chatId, n) => appendMessage(engine, chatId, n))
  await rootAt(events)
  engine.start({ projector: true })
  await engine.projections.waitUntilCurrent()
  if (!(await engine.projections.waitUntilReached(events))) throw new Error('the read models are not up to date')
}

/** Alternates scan and rebuild, so that the machine is in the same state for both. */
export async function measureRebuild(
  engine: Engine,
  db: Db,
  rounds: number,
  reportProgress: (line: string) => void,
): Promise<RebuildResult> {
  const events = await engine.store.head()
  const scans: number[] = []
  const rebuilds: OneRebuild[] = []
  for (let round = 1; round <= rounds; round++) {
    const scanned = await scan(db)
    const rebuilt = await rebuild(engine)
    scans.push(scanned)
    rebuilds.push(rebuilt)
    reportProgress(
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

/** How many seconds it takes to read the log and do nothing else. */
async function scan(db: Db): Promise<number> {
  const started = performance.now()
  for await (const append of db.collection('log').find().sort({ _id: 1 }).batchSize(1000)) {
    if (!append.events) throw new Error(`the log has something other than an append at ${String(append._id)}`)
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
