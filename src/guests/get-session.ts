import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { noSuchSession } from './guest.js'
import { Guests } from './guests.js'
import type { Session } from './session.js'

export class GetSession extends Query<Session> {
  constructor(readonly guestId: string) {
    super()
  }
}

/** From the log itself: whether somebody may go on is not decided by what a read model has seen so far. */
@QueryHandler(GetSession)
export class GetSessionHandler implements IQueryHandler<GetSession> {
  constructor(private readonly guests: Guests) {}

  async execute({ guestId }: GetSession): Promise<Session> {
    const session = await this.guests.session(guestId)
    if (!session) throw noSuchSession()
    return session
  }
}
