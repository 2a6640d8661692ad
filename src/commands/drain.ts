import { setMaxListeners } from 'node:events'
import { Injectable } from '@nestjs/common'

/**
 * How this process ends, in two steps. First the end is announced: the process takes no new work by itself and reports
 * that it is not ready, but it still serves those who come. Then it closes: everyone who waits for something long is
 * told at once where to go on. Work that has begun is finished after that, as long as there is time.
 */
@Injectable()
export class Drain {
  private readonly announcing = new AbortController()
  private readonly closing = new AbortController()
  private unfinished = 0

  constructor() {
    for (const { signal } of [this.announcing, this.closing]) setMaxListeners(0, signal) // one for each that waits
  }

  /** Aborts when the end is announced. */
  get announced(): AbortSignal {
    return this.announcing.signal
  }

  /** Aborts when nothing may wait longer than it must. */
  get closed(): AbortSignal {
    return this.closing.signal
  }

  get hasUnfinished(): boolean {
    return this.unfinished > 0
  }

  announce(): void {
    this.announcing.abort()
  }

  close(): void {
    this.closing.abort()
  }

  /** The process does not end before this work does, if there is time. */
  async waitFor(work: Promise<unknown>): Promise<void> {
    this.unfinished++
    try {
      await work
    } finally {
      this.unfinished--
    }
  }
}
