import { Injectable } from '@nestjs/common'
import { Gauge, Registry } from 'prom-client'
import { Engine } from '../../event-store/engine.js'
import type { ProjectionStatus } from '../../event-store/projecting/projection-status.js'
import type { GaugeGroup } from './metrics-exposition.js'

const states = ['not_begun', 'live', 'paused', 'failed'] as const satisfies readonly ProjectionStatus['state'][]

/** The position, the lag and the state of each read model. */
@Injectable()
export class ProjectionGauges implements GaugeGroup<readonly ProjectionStatus[]> {
  readonly part = 'projections'
  readonly gauges: readonly Gauge[]
  private readonly position: Gauge<'projection'>
  private readonly lagEvents: Gauge<'projection'>
  private readonly lagSeconds: Gauge<'projection'>
  private readonly state: Gauge<'projection' | 'state'>

  constructor(
    registry: Registry,
    private readonly engine: Engine,
  ) {
    const registers = [registry]
    const labelNames = ['projection'] as const
    this.position = new Gauge({
      name: 'verbatim_projection_position',
      help: 'Up to where a read model has the log',
      labelNames,
      registers,
    })
    this.lagEvents = new Gauge({
      name: 'verbatim_projection_lag_events',
      help: 'Events that a read model does not have yet',
      labelNames,
      registers,
    })
    this.lagSeconds = new Gauge({
      name: 'verbatim_projection_lag_seconds',
      help: 'Age of the oldest event that a read model does not have yet',
      labelNames,
      registers,
    })
    this.state = new Gauge({
      name: 'verbatim_projection_state',
      help: '1 for the state that a read model is in',
      labelNames: ['projection', 'state'],
      registers,
    })
    this.gauges = [this.position, this.lagEvents, this.lagSeconds, this.state]
  }

  read(): Promise<readonly ProjectionStatus[]> {
    return this.engine.projections.statuses()
  }

  set(statuses: readonly ProjectionStatus[]): void {
    for (const { name: projection, position, lag, state } of statuses) {
      this.position.set({ projection }, position)
      this.lagEvents.set({ projection }, lag.events)
      this.lagSeconds.set({ projection }, lag.seconds)
      for (const one of states) this.state.set({ projection, state: one }, one === state ? 1 : 0)
    }
  }
}
