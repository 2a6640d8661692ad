/**
 * Turns many small calls into few large ones: all items asked for while a round trip is under way go together in the
 * next. `work` answers in the order of its items; when it fails, the items of that round fail, and no others.
 */
export function coalesce<Item, Result>(
  work: (items: Item[]) => Promise<Result[]>,
  atMost = 1000,
): (item: Item) => Promise<Result> {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const waiting: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const round = waiting.splice(0, atMost)
      try {
        const results = await work(round.map(({ item }) => item))
        round.forEach(({ resolve }, i) => resolve(results[i]!))
      } catch (error) {
        for (const { reject } of round) reject(error)
      }
    }
    running = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (running) return
      running = true
      setImmediate(() => void run())
    })
}
