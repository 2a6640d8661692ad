import { Refused } from '../event-store/errors.js'

/** What a guest has while it is here. */
export interface Session {
  readonly createdAt: Date
  /** Its beginning, its last prompt or the end of its last answer. */
  readonly lastActive: Date
}

export const isActive = ({ lastActive }: Session, now: Date, idleMs: number): boolean =>
  now.getTime() - lastActive.getTime() < idleMs

export function mustBeActive(session: Session, now: Date, idleMs: number): void {
  if (isActive(session, now, idleMs)) return
  throw new Refused(
    'session_expired',
    'this session has expired: nothing has happened in it for too long; begin a new one with POST /session/initialize_session',
  )
}
