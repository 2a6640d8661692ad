import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import type { LookedUp } from './looked-up.js'

/** Prometheus gives up after ten seconds, and should not be kept waiting for an engine that is away. */
const patienceMs = 1_000

/** All metrics of this process as Prometheus reads them. What cannot be looked up in time is missing, the rest is there. */
@Injectable()
export class Scrape implements OnApplicationBootstrap {
  private readonly complete: Gauge<'part'>

  constructor(
    private readonly registry: Registry,
    private readonly parts: readonly LookedUp[],
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {
    const help = 'Whether the gauges of this part could be looked up for this scrape'
    this.complete = new Gauge({ name: 'verbatim_scrape_complete', help, labelNames: ['part'], registers: [registry] })
  }

  /** Memory, event loop and garbage collection. The command line, without a role, is never asked. */
  onApplicationBootstrap(): void {
    if (this.config.roles.length > 0) collectDefaultMetrics({ register: this.registry })
  }

  async text(): Promise<string> {
    await Promise.all(this.parts.map((part) => this.renew(part)))
    return await this.registry.metrics()
  }

  /** In one step, so that a scrape beside this one finds all values or none. */
  private async renew(part: LookedUp): Promise<void> {
    const found = await inTime(part.look())
    for (const gauge of part.gauges) forget(gauge)
    if (found) part.show(found.value)
    this.complete.set({ part: part.part }, found ? 1 : 0)
  }
}

async function inTime<T>(looking: Promise<T>): Promise<{ value: T } | undefined> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined)
  })
  const found = looking.then(
    (value) => ({ value }),
    () => undefined,
  )
  return await Promise.race([found, tooLate]).finally(() => clearTimeout(timer))
}

/** A gauge without labels is zero by itself, and zero would be a lie. */
function forget(gauge: Gauge): void {
  gauge.reset()
  gauge.remove({})
}
