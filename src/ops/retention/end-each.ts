import { isErased } from '../../event-store/errors.js'
import type { TaskOutcome, Progress } from './retention-task.js'

interface Due<Thing> {
  readonly things: AsyncIterable<Thing>
  readonly count: number
  /** False when there was nothing left to do. */
  readonly end: (thing: Thing) => Promise<boolean>
}

/** Ends one thing after the other. One that fails keeps none of the others from their end. */
export async function endEach<Thing>(
  { things, count, end }: Due<Thing>,
  signal: AbortSignal,
  progress: Progress,
): Promise<TaskOutcome> {
  let [seen, done, left] = [0, 0, 0]
  let why: string | undefined
  if (count > 0) progress(0, count)
  for await (const thing of things) {
    if (signal.aborted) break
    try {
      if (await end(thing)) done++
    } catch (error) {
      if (!isErased(error)) {
        // else somebody was faster: nothing can be added to what has no key
        left++
        why ??= String(error)
      }
    }
    progress(++seen, Math.max(count, seen))
  }
  return { done, left, ...(why !== undefined && { why }) }
}
