/**
 * Turns many small calls into few large ones: all items that are asked for during one call of `work` go together in the
 * next one. A call waits `gatherMs` for more items, or until the present events have been handled. `work` MUST answer in
 * the order of its items. When it fails, the items of that call fail, and no others.
 */
export function coalesce<Item, Result>(
  work: (items: Item[]) => Promise<Result[]>,
  { atMost = 1000, gatherMs = 0 }: { atMost?: number; gatherMs?: number } = {},
): (item: Item) => Promise<Result> {
  type QueuedItem = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const waiting: QueuedItem[] = []
  let isRunning = false

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
    isRunning = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (isRunning) return
      isRunning = true
      if (gatherMs > 0) setTimeout(() => void run(), gatherMs)
      else setImmediate(() => void run())
    })
}

/** What is made once for each key, and goes with it. */
export function oncePer<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = new WeakMap<Key, Made>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const one = make(key)
    made.set(key, one)
    return one
  }
}
