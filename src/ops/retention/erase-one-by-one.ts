import { isErased } from '../../event-store/errors.js'
import type { Progress, TaskOutcome } from './retention.js'

interface DueItems<Item> {
  readonly items: AsyncIterable<Item>
  readonly count: number
  /** False if the item was erased already. */
  readonly erase: (item: Item) => Promise<boolean>
}

/** Erases one item after the other. If one fails, the others are erased all the same. */
export async function eraseOneByOne<Item>(
  { items, count, erase }: DueItems<Item>,
  signal: AbortSignal,
  progress: Progress,
): Promise<TaskOutcome> {
  let [seen, done, left] = [0, 0, 0]
  let why: string | undefined
  if (count > 0) progress(0, count)
  for await (const item of items) {
    if (signal.aborted) break
    try {
      if (await erase(item)) done++
    } catch (error) {
      // An item without a key takes no event: another process was faster.
      if (!isErased(error)) {
        left++
        why ??= String(error)
      }
    }
    progress(++seen, Math.max(count, seen))
  }
  return { done, left, ...(why !== undefined && { why }) }
}
