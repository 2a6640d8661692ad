import { setMaxListeners } from 'node:events'
import { Injectable } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'

/**
 * This process is told to end. First that is announced: it takes up no new work, and tells whoever looks that nobody
 * should come, but serves them who do. Then it closes: whoever waits for something long hears at once where it goes
 * on. Everything that was begun is ended after that, for as long as there is time.
 */
@Injectable()
export class Drain {
  private readonly announcing = new AbortController()
  private readonly closing = new AbortController()
  private unfinished = 0

  constructor() {
    for (const { signal } of [this.announcing, this.closing]) setMaxListeners(0, signal) // one for each who waits
  }

  /** Aborts when it is announced. */
  get announced(): AbortSignal {
    return this.announcing.signal
  }

  /** Aborts when nothing may wait any longer than it must. */
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

  /** The process leaves after this, if there is time. */
  async after(work: Promise<unknown>): Promise<void> {
    this.unfinished++
    try {
      await work
    } finally {
      this.unfinished--
    }
  }

  /** And after every request that has begun; clients hear with its answer that the next one needs another connection. */
  afterRequests(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (_, reply, done) => {
      this.unfinished++
      reply.raw.once('close', () => this.unfinished--)
      done()
    })
    fastify.addHook('onSend', (_, reply, payload, done) => {
      if (this.announced.aborted) void reply.header('connection', 'close')
      done(null, payload)
    })
  }
}
