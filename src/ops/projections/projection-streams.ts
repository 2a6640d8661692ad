import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Decide, Decider, CommandOutcome } from '../../event-store/deciding/decider.js'
import { Engine } from '../../event-store/engine.js'
import type { AppendMeta } from '../../event-store/event.js'
import type { EventStore } from '../../event-store/log/event-store.js'
import { type OperationEvents, type ProjectionOrders, projectionOrders } from '../operations.js'

const streamOf = (projection: string) => `projection-${projection}`

/** The streams in which operators’ decisions about projections are recorded. */
@Injectable()
export class ProjectionStreams {
  private readonly decider: Decider<ProjectionOrders, RecordedEventOf<OperationEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(projectionOrders)
  }

  execute(
    projection: string,
    meta: AppendMeta,
    decide: Decide<ProjectionOrders>,
  ): Promise<CommandOutcome<ProjectionOrders>> {
    return this.decider.execute(streamOf(projection), meta, decide)
  }

  /** What the command led to when it was carried out before; undefined when it is new. */
  async repeatOf(projection: string, meta: AppendMeta): Promise<CommandOutcome<ProjectionOrders> | undefined> {
    const outcome = await this.execute(projection, meta, () => [])
    return outcome.repeated ? outcome : undefined
  }

  /** The version counts the decisions. */
  read(projection: string): Promise<{ state: ProjectionOrders; version: number }> {
    return this.decider.read(streamOf(projection))
  }
}

/** For projectors and rebuilds: what this version of a projection is to leave out, as the log has it. */
export async function skippedIn(store: EventStore, projection: string, version: number): Promise<ReadonlySet<number>> {
  const skipped = new Set<number>()
  for await (const event of store.readStream(streamOf(projection), { withoutPersonal: true })) {
    const { type, data } = event as RecordedEventOf<OperationEvents>
    if (type === 'EventSkipped' && data.version === version) skipped.add(data.position)
  }
  return skipped
}
