import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { StoredCertificate } from '../../event-store/projecting/certificate.js'
import { Engine } from '../../event-store/engine.js'
import { badCursor, type Page, type PageQuery, pageOf, parseCursor } from '../../http/pages.js'

/** The certificates of a projection’s rebuilds, newest first. */
export class ListCertificates extends Query<Page<StoredCertificate>> {
  constructor(
    readonly name: string,
    readonly page: Pick<PageQuery, 'limit' | 'cursor'>,
  ) {
    super()
  }
}

@QueryHandler(ListCertificates)
export class ListCertificatesHandler implements IQueryHandler<ListCertificates> {
  constructor(private readonly engine: Engine) {}

  async execute({ name, page: { limit, cursor } }: ListCertificates): Promise<Page<StoredCertificate>> {
    const place = parseCursor(cursor, 'number', 'string')
    if (place && !/^[0-9a-f]{24}$/.test(place[1])) throw badCursor()
    const before = place && { at: new Date(place[0]), id: place[1] }
    const found = await this.engine.projections.certificates(name, limit + 1, before)
    return pageOf(found, limit, ({ at, id }) => [at.getTime(), id])
  }
}
