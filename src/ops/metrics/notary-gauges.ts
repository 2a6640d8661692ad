import { Injectable } from '@nestjs/common'
import { Gauge, Registry } from 'prom-client'
import { type NotaryDocument, TreeStore } from '../../notary/tree-store.js'
import { treeHead } from '../../proof/checkpoint.js'
import { Engine } from '../../event-store/engine.js'
import type { GaugeGroup } from './metrics-exposition.js'

/** How much of the log is signed, and how old the newest checkpoint is. */
@Injectable()
export class NotaryGauges implements GaugeGroup<NotaryDocument | null> {
  readonly part = 'notary'
  readonly gauges: readonly Gauge[]
  private readonly position: Gauge
  private readonly age: Gauge

  constructor(
    registry: Registry,
    private readonly trees: TreeStore,
    private readonly engine: Engine,
  ) {
    const registers = [registry]
    this.position = new Gauge({
      name: 'verbatim_notary_signed_position',
      help: 'Position of the newest event that is in a signed checkpoint',
      registers,
    })
    this.age = new Gauge({
      name: 'verbatim_notary_checkpoint_age_seconds',
      help: 'Age of the newest checkpoint; it grows while nothing happens',
      registers,
    })
    this.gauges = [this.position, this.age]
  }

  read(): Promise<NotaryDocument | null> {
    return this.trees.read()
  }

  set(at: NotaryDocument | null): void {
    if (at?.note === undefined || !at.signedAt) return
    this.position.set(treeHead(at.note).size)
    this.age.set((this.engine.clock.now().getTime() - at.signedAt.getTime()) / 1000)
  }
}
