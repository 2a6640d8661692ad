import { Injectable } from '@nestjs/common'
import { InjectModel } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { EventStoreError } from '../../event-store/errors.js'
import { reading } from '../../event-store/read-model.js'
import { type ErasedStreamDoc, erasedStreamModel } from './erased-streams.view.js'
import type { Ended, Progress, RetentionTask } from './retention-task.js'

const atOnce = 500

/**
 * Keys of erased streams that are there all the same. Reactors destroy each after its event; but a restore may bring
 * one back, and no reactor looks at its event again.
 */
@Injectable()
export class ReturnedKeys implements RetentionTask {
  readonly name = 'keys of what was erased'

  constructor(
    private readonly engine: Engine,
    @InjectModel(erasedStreamModel.name) private readonly erased: Model<ErasedStreamDoc>,
  ) {}

  async run(now: Date, signal: AbortSignal, progress: Progress): Promise<Ended> {
    const total = await this.erased.estimatedDocumentCount()
    let [seen, done] = [0, 0]
    if (total > 0) progress(0, total)
    for (let last = ''; !signal.aborted; ) {
      const next = () => this.erased.find({ _id: { $gt: last } }).sort({ _id: 1 }).limit(atOnce).lean<ErasedStreamDoc[]>()
      const streams = (await reading(next)).map(({ _id }) => _id)
      const alive = await Promise.all(streams.map((stream) => this.hasKey(stream)))
      for (const stream of streams.filter((_, i) => alive[i])) {
        await this.engine.vault.destroy(stream, now)
        done++
      }
      if (streams.length === 0) break
      last = streams.at(-1)!
      progress((seen += streams.length), Math.max(total, seen))
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
