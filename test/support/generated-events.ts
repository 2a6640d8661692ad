import { type GeneratedCommand, generatedCommands } from './generated-commands.js'
import { History } from './history.js'
import { Random } from './seeds.js'

interface GeneratorOptions {
  commands?: number
  /** The kinds of commands; else all. */
  kinds?: readonly GeneratedCommand[]
  /**
   * A key is destroyed some moments after the event that erases its stream, and until then the streams below it take
   * events. So events of what is erased are possible; without this option there are none.
   */
  keysOutliveErasure?: boolean
}

/** What some people do for a while, decided by the real aggregates: a history that the system could have. */
export function generateHistory(seed: number, options: GeneratorOptions = {}): History {
  const history = new History(new Random(seed), options.keysOutliveErasure ?? false)
  const { commands = 80, kinds = Object.values(generatedCommands).flat() } = options
  for (let i = 0; i < commands; i++) history.random.one(kinds)(history)
  return history
}
