import { Injectable } from '@nestjs/common'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { within, yieldEvery } from '../../event-store/timing.js'

/** Prometheus gives up after ten seconds, and must not wait for an engine that is away. */
const patienceMs = 1_000

/**
 * Gauges whose values lie in a database and are read at each scrape. Every process answers the same values, so a
 * dashboard takes their maximum and not their sum.
 */
export interface GaugeGroup<Reading = unknown> {
  /** What the gauges are about: the label that says whether they could be read. */
  readonly part: string
  readonly gauges: readonly Gauge[]
  /** MAY fail, and MAY take too long: then the gauges have no value in this scrape. */
  read(): Promise<Reading>
  set(reading: Reading): void
}

/** All metrics of this process in Prometheus’ text format. Gauges that cannot be read in time are left out. */
@Injectable()
export class MetricsExposition {
  private readonly complete: Gauge<'part'>
  private isScraped = false
  private underWay?: Promise<Buffer> | undefined

  constructor(
    private readonly registry: Registry,
    private readonly groups: readonly GaugeGroup[],
  ) {
    const help = 'Whether the gauges of this part could be looked up for this scrape'
    this.complete = new Gauge({ name: 'verbatim_scrape_complete', help, labelNames: ['part'], registers: [registry] })
  }

  /** Scrapes at the same time share one text: it may have thousands of lines, which take a while. */
  text(): Promise<Buffer> {
    this.underWay ??= this.write().finally(() => {
      this.underWay = undefined
    })
    return this.underWay
  }

  private async write(): Promise<Buffer> {
    if (!this.isScraped) this.watchProcess()
    await Promise.all(this.groups.map((group) => this.renew(group)))
    const turn = yieldEvery()
    const texts: Buffer[] = []
    for (const { name } of this.registry.getMetricsAsArray()) {
      const text = await this.registry.getSingleMetricAsString(name)
      texts.push(Buffer.from(`${text}\n\n`))
      await turn()
    }
    return Buffer.concat(texts)
  }

  /**
   * Adds memory, event loop and garbage collection, from the first scrape on: to watch the loop wakes the process 100
   * times a second, a third of what it costs when it has nothing to do.
   */
  private watchProcess(): void {
    this.isScraped = true
    collectDefaultMetrics({ register: this.registry })
  }

  /** In one step, so that a scrape at the same time finds all values or none. */
  private async renew(group: GaugeGroup): Promise<void> {
    const reading = group.read().then(
      (value) => ({ value }),
      () => undefined,
    )
    const outcome = await within(patienceMs, reading)
    for (const gauge of group.gauges) forget(gauge)
    if (outcome) group.set(outcome.value)
    this.complete.set({ part: group.part }, outcome ? 1 : 0)
  }
}

/** `reset` alone makes a gauge without labels zero, which would be wrong: its value is unknown. */
function forget(gauge: Gauge): void {
  gauge.reset()
  gauge.remove({})
}
