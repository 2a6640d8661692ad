import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { EventStoreError } from '../../event-store/errors.js'
import { ErasedStreams } from './erased-streams.js'
import type { TaskOutcome, Progress, RetentionTask } from './retention-task.js'

/**
 * Keys of erased streams that are there all the same. Reactors destroy each after its event; but a restore may bring
 * one back, and no reactor looks at its event again.
 */
@Injectable()
export class ReturnedKeys implements RetentionTask {
  readonly name = 'keys of what was erased'

  constructor(
    private readonly engine: Engine,
    private readonly erased: ErasedStreams,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    let done = 0
    for await (const streams of this.erased.pages(signal, progress)) {
      const alive = await Promise.all(streams.map((stream) => this.hasKey(stream)))
      for (const stream of streams.filter((_, i) => alive[i])) {
        await this.engine.vault.destroy(stream, now)
        done++
      }
    }
    return { done }
  }

  /** One that does not open is a key, too. The looking is cheap: many share one round trip. */
  private async hasKey(stream: string): Promise<boolean> {
    try {
      await this.engine.vault.keyOf(stream)
      return true
    } catch (error) {
      if (!(error instanceof EventStoreError)) throw error
      return error.code !== 'erased'
    }
  }
}
