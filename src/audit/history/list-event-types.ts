import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { DescribedType } from '../../event-store/catalog.js'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { Evidence } from '../evidence/evidence.js'

export class ListEventTypes extends Query<DescribedType[]> {
  constructor(readonly cause: Cause) {
    super()
  }
}

@QueryHandler(ListEventTypes)
export class ListEventTypesHandler implements IQueryHandler<ListEventTypes> {
  constructor(
    private readonly engine: Engine,
    private readonly evidence: Evidence,
  ) {}

  async execute({ cause }: ListEventTypes): Promise<DescribedType[]> {
    await this.evidence.record(cause, { what: 'event-types', upTo: await this.engine.store.head(), opened: false })
    return this.engine.catalog.list()
  }
}
