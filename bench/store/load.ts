import { randomUUID } from 'node:crypto'
import { messagesPerChat } from './messages.js'

export interface Load {
  writers: number
  /** How many appends all writers make together. */
  calls: number
}

/** When each call ended and how long it took. Times are wall-clock milliseconds, so processes can be compared. */
export interface LoadTimings {
  readonly from: number
  readonly to: number
  readonly endedAt: Float64Array
  readonly took: Float64Array
}

const now = () => performance.timeOrigin + performance.now()

/** A closed loop: each writer appends one message after the other, and starts another chat after ten. */
export async function writeLoad(
  { writers, calls }: Load,
  append: (chatId: string, n: number) => Promise<unknown>,
): Promise<LoadTimings> {
  const endedAt = new Float64Array(calls)
  const took = new Float64Array(calls)
  let [begun, ended] = [0, 0]

  async function writer(): Promise<void> {
    for (;;) {
      const chatId = `chat:${randomUUID()}`
      for (let n = 0; n < messagesPerChat; n++) {
        if (begun++ >= calls) return
        const started = now()
        await append(chatId, n)
        endedAt[ended] = now()
        took[ended] = endedAt[ended]! - started
        ended++
      }
    }
  }

  const from = now()
  await Promise.all(Array.from({ length: writers }, writer))
  return { from, to: now(), endedAt, took }
}
