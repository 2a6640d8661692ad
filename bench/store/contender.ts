import type { BenchDatabase } from '../runner/servers.js'
import { type Load, type LoadTimings, writeLoad } from './load.js'

/** A way to write events. */
export interface Contender {
  readonly name: string
  readonly eventsPerCall: number
  open(database: BenchDatabase): Promise<OpenContender>
}

/** A contender that is ready to write. Each of its processes returns its own timings. */
export interface OpenContender {
  write(load: Load): Promise<LoadTimings[]>
  close(): Promise<void>
}

/** A contender that writes in this process. */
export const openContender = (
  append: (chatId: string, n: number) => Promise<unknown>,
  close: () => Promise<void>,
): OpenContender => ({
  write: async (load) => [await writeLoad(load, append)],
  close,
})
