import type { Place } from './contender.js'
import { type Load, type Measured, write } from './load.js'
import { openEngine, say } from './verbatim.js'

/** What such a process tells the bench: that it can begin, then one result for each load. */
export type Answer = 'opened' | Measured

const { engine } = await openEngine(JSON.parse(process.argv[2]!) as Place)

process.on('message', (load: Load) => {
  void write(load, (chatId, n) => say(engine, chatId, n)).then(tell)
})
// nothing to put in order: the database goes, too, and the bench may have died
process.once('disconnect', () => process.exit())
tell('opened')

function tell(answer: Answer): void {
  process.send!(answer)
}
