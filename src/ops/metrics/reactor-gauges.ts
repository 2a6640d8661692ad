import { Injectable } from '@nestjs/common'
import { Db } from 'mongodb'
import { Gauge, Registry } from 'prom-client'
import type { LeaseDocument } from '../../event-store/projecting/lease-document.js'
import { Engine } from '../../event-store/engine.js'
import type { GaugeGroup } from './metrics-exposition.js'

interface Reading {
  readonly head: number
  readonly leases: readonly LeaseDocument[]
}

const prefix = 'reactor:'

/** The lag of each reactor, and whether it is failing. */
@Injectable()
export class ReactorGauges implements GaugeGroup<Reading> {
  readonly part = 'reactors'
  readonly gauges: readonly Gauge[]
  private readonly lag: Gauge<'reactor'>
  private readonly failing: Gauge<'reactor'>

  constructor(
    registry: Registry,
    private readonly engine: Engine,
    private readonly db: Db,
  ) {
    const [registers, labelNames] = [[registry], ['reactor'] as const]
    this.lag = new Gauge({
      name: 'verbatim_reactor_lag_events',
      help: 'Events that a reactor has not seen yet',
      labelNames,
      registers,
    })
    this.failing = new Gauge({
      name: 'verbatim_reactor_failing',
      help: '1 while a reactor tries an event again',
      labelNames,
      registers,
    })
    this.gauges = [this.lag, this.failing]
  }

  async read(): Promise<Reading> {
    const head = await this.engine.log.glanceAtEnd()
    const filter = { _id: new RegExp(`^${prefix}`) }
    return { head, leases: await this.db.collection<LeaseDocument>('checkpoints').find(filter).toArray() }
  }

  set({ head, leases }: Reading): void {
    for (const { _id, position, error } of leases) {
      const reactor = _id.slice(prefix.length)
      this.lag.set({ reactor }, Math.max(0, head - position))
      this.failing.set({ reactor }, error ? 1 : 0)
    }
  }
}
