import { randomUUID } from 'node:crypto'
import { pause } from '../../src/event-store/timing.js'

/** When answers came. A caller that is refused repeats what it has asked, at once. */
export class Silence {
  private readonly answered: number[] = []

  async watch(ask: (key: string) => Promise<unknown>, signal: AbortSignal): Promise<void> {
    let key = randomUUID()
    while (!signal.aborted) {
      const succeeded = await ask(key).then(
        () => true,
        () => false,
      )
      if (succeeded) {
        this.answered.push(performance.now())
        key = randomUUID()
      }
      await pause(20)
    }
  }

  async untilAnsweredAfter(time: number): Promise<void> {
    while (!((this.answered.at(-1) ?? 0) > time)) await pause(20)
  }

  /** From the fault to the first answer after the longest silence. */
  longestAfter(fault: number): number {
    const times = [fault, ...this.answered.filter((time) => time > fault)]
    let [longest, end] = [0, fault]
    for (let i = 1; i < times.length; i++)
      if (times[i]! - times[i - 1]! > longest) [longest, end] = [times[i]! - times[i - 1]!, times[i]!]
    return end - fault
  }
}
