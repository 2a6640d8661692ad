import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Gauge, Registry } from 'prom-client'
import { ReplyQueue, replyQueue } from '../../chat/replies/worker/reply-queue.js'
import type { GaugeGroup } from './metrics-exposition.js'

type Reading = Readonly<Record<string, number>>

/** How many jobs are in the queue. */
@Injectable()
export class QueueGauge implements GaugeGroup<Reading> {
  readonly part = 'queue'
  readonly gauges: readonly Gauge[]
  private readonly jobs: Gauge<'queue' | 'state'>

  constructor(
    registry: Registry,
    private readonly queue: ReplyQueue,
    private readonly redis: Redis,
  ) {
    const help = 'Jobs that wait, are worked on, and wait for another attempt'
    this.jobs = new Gauge({ name: 'verbatim_queue_jobs', help, labelNames: ['queue', 'state'], registers: [registry] })
    this.gauges = [this.jobs]
  }

  async read(): Promise<Reading> {
    if (this.redis.status !== 'ready') throw new Error('Redis is away')
    return await this.queue.counts()
  }

  set(counts: Reading): void {
    for (const [state, count] of Object.entries(counts)) this.jobs.set({ queue: replyQueue, state }, count)
  }
}
