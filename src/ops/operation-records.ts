import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decider } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { type OperationEvent, type OperationEvents, records } from './operations.js'

/** What such records are about, which is the name of their stream. */
type Subject = 'replies' | 'retention' | 'keys'

/** Records of what was done to the service as a whole. A run that changed nothing needs none. */
@Injectable()
export class OperationRecords {
  private readonly decider: Decider<null, RecordedEventOf<OperationEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(records)
  }

  async add(subject: Subject, meta: AppendMeta, event: OperationEvent): Promise<number> {
    const { position } = await this.decider.execute(subject, meta, () => [event])
    return position
  }

  /** What the command led to when it was carried out before. */
  async repeatOf<Type extends keyof OperationEvents>(
    subject: Subject,
    meta: AppendMeta,
    type: Type,
  ): Promise<RecordedEventOf<OperationEvents, Type> | undefined> {
    const { events, repeated } = await this.decider.execute(subject, meta, () => [])
    return repeated
      ? (events.find((event) => event.type === type) as RecordedEventOf<OperationEvents, Type> | undefined)
      : undefined
  }
}
