import { Injectable } from '@nestjs/common'
import { Gauge, Registry } from 'prom-client'
import { Engine } from '../../event-store/engine.js'
import type { GaugeGroup } from './metrics-exposition.js'

/** The length of the log. */
@Injectable()
export class LogGauge implements GaugeGroup<number> {
  readonly part = 'log'
  readonly gauges: readonly Gauge[]
  private readonly position: Gauge

  constructor(
    registry: Registry,
    private readonly engine: Engine,
  ) {
    this.position = new Gauge({
      name: 'verbatim_log_position',
      help: 'Position of the newest event in the log',
      registers: [registry],
    })
    this.gauges = [this.position]
  }

  /** As it is stored: also of a damaged log. */
  read(): Promise<number> {
    return this.engine.log.glanceAtEnd()
  }

  set(head: number): void {
    this.position.set(head)
  }
}
