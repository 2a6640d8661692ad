import type { Gauge } from 'prom-client'

/**
 * Gauges whose values lie elsewhere and are looked up at each scrape. They are the same whichever process is asked, so
 * a dashboard takes their maximum and not their sum.
 */
export interface LookedUp<Found = unknown> {
  /** What they are about: names them when they could not be looked up. */
  readonly part: string
  readonly gauges: readonly Gauge[]
  /** May fail, and may take too long: then the gauges have no value in this scrape. */
  look(): Promise<Found>
  show(found: Found): void
}
