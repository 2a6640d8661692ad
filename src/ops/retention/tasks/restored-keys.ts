import { Injectable } from '@nestjs/common'
import { Engine } from '../../../event-store/engine.js'
import { EventStoreError } from '../../../event-store/errors.js'
import { ErasedStreamList } from '../erased-streams.js'
import type { Progress, RetentionTask, TaskOutcome } from '../retention.js'

/**
 * Destroys keys of erased streams that are there again. A reactor destroys each key after the event; but restoring a
 * backup may bring a key back, and no reactor looks at the event a second time.
 */
@Injectable()
export class RestoredKeyRemoval implements RetentionTask {
  readonly name = 'keys of what was erased'

  constructor(
    private readonly engine: Engine,
    private readonly erased: ErasedStreamList,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome> {
    let done = 0
    for await (const streams of this.erased.pages(signal, progress)) {
      const restored = await Promise.all(streams.map((stream) => this.hasKey(stream)))
      for (const stream of streams.filter((_, i) => restored[i])) {
        await this.engine.vault.destroy(stream, now)
        done++
      }
    }
    return { done }
  }

  /** A key that cannot be opened is a key, too. Looking is cheap: many streams share one round trip. */
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
