import type { BenchDatabase } from '../runner/servers.js'
import { type Load, type LoadTimings, writeLoad } from './load.js'
import { openEngine, appendMessage } from './verbatim.js'

/** What a writing process sends to the bench: first that it is open, then one result for each load. */
export type WriterMessage = 'opened' | LoadTimings

const { engine } = await openEngine(JSON.parse(process.argv[2]!) as BenchDatabase)

process.on('message', (load: Load) => {
  void writeLoad(load, (chatId, n) => appendMessage(engine, chatId, n)).then(tell)
})
// it need not clean up: the database is dropped anyway, and the bench may have died
process.once('disconnect', () => process.exit())
tell('opened')

function tell(answer: WriterMessage): void {
  process.send!(answer)
}
