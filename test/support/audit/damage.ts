import { exportLines } from '../../../src/audit/export/export-lines.js'
import { LogScan } from '../../../src/audit/history/log-scan.js'
import { LogSearch } from '../../../src/audit/history/log-search.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { all, command } from '../event-store/engines.js'
import { notebook, write } from '../event-store/notebooks.js'

/** What a reader of a log says when it meets an append that the service has not written. */
export const damaged = (position: number) => ({ code: 'damaged_log', data: { position } })

export const errorOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code?: string; data?: object; position?: number }) => error,
  )

export const decide = (engine: Engine, id: string) =>
  engine.decider(notebook).execute(`notebook-${id}`, command(), write(id, 'late', 'words'))

export const exported = (engine: Engine, upTo: number) =>
  all(exportLines(engine.vault, new LogScan(engine, new LogSearch(engine)).read({ from: 1, upTo }), false))
