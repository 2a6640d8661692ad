import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { noSuchSession } from './guest.js'
import { Guests } from './guests.js'
import type { Session } from './session.js'

export class GetSession extends Query<Session> {
  constructor(readonly guestId: string) {
    super()
  }
}

/** Reads the log itself: a read model may be behind, and this decides whether a guest may go on. */
@QueryHandler(GetSession)
export class GetSessionHandler implements IQueryHandler<GetSession> {
  constructor(private readonly guests: Guests) {}

  async execute({ guestId }: GetSession): Promise<Session> {
    const session = await this.guests.session(guestId)
    if (!session) throw noSuchSession()
    return session
  }
}
