import { Injectable, Module } from '@nestjs/common'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decider } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { type OperationEvent, type OperationEvents, operationRecords } from './operations.js'

/** What a record is about; also the name of its stream. */
type Subject = 'replies' | 'retention' | 'keys'

/** Records of what was done to the service as a whole. A run that changed nothing is not recorded. */
@Injectable()
export class OperationRecords {
  private readonly decider: Decider<null, RecordedEventOf<OperationEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(operationRecords)
  }

  async add(subject: Subject, meta: AppendMeta, event: OperationEvent): Promise<number> {
    const { position } = await this.decider.execute(subject, meta, () => [event])
    return position
  }

  /** The event that the command recorded if it was carried out before; undefined if it is new. */
  async repeatOf<Type extends keyof OperationEvents>(
    subject: Subject,
    meta: AppendMeta,
    type: Type,
  ): Promise<RecordedEventOf<OperationEvents, Type> | undefined> {
    const repeat = await this.decider.repeatOf(subject, meta)
    return repeat?.events.find((event) => event.type === type) as RecordedEventOf<OperationEvents, Type> | undefined
  }
}

@Module({ providers: [OperationRecords], exports: [OperationRecords] })
export class OperationRecordsModule {}
