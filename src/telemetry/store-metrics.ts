import { Injectable } from '@nestjs/common'
import { Counter, Histogram, Registry } from 'prom-client'
import type { Commit } from '../event-store/log/committer.js'

/** What this process writes to the log. */
@Injectable()
export class StoreMetrics {
  private readonly appends: Counter
  private readonly events: Counter
  private readonly conflicts: Counter
  private readonly collisions: Counter
  private readonly batches: Histogram
  private readonly duration: Histogram

  constructor(registry: Registry) {
    const registers = [registry]
    this.appends = new Counter({
      name: 'verbatim_appends_total',
      help: 'Appends that this process has committed',
      registers,
    })
    this.events = new Counter({
      name: 'verbatim_events_total',
      help: 'Events that this process has committed',
      registers,
    })
    this.conflicts = new Counter({
      name: 'verbatim_append_conflicts_total',
      help: 'Appends whose version was taken; their commands decide again',
      registers,
    })
    this.collisions = new Counter({
      name: 'verbatim_commit_collisions_total',
      help: 'Commits whose position another process had taken; they get new positions',
      registers,
    })
    this.batches = new Histogram({
      name: 'verbatim_commit_appends',
      help: 'Appends in one commit',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    })
    this.duration = new Histogram({
      name: 'verbatim_commit_duration_seconds',
      help: 'How long a commit took until a majority had it on disk',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    })
  }

  readonly onCommit = ({ appends, events, ms }: Commit): void => {
    this.appends.inc(appends.length)
    this.events.inc(events)
    this.batches.observe(appends.length)
    this.duration.observe(ms / 1000)
  }

  readonly onConflict = (): void => this.conflicts.inc()

  readonly onCollision = (): void => this.collisions.inc()
}
