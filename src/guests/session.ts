import { Refused } from '../event-store/errors.js'

/** What is known of a guest that is not erased. */
export interface Session {
  readonly createdAt: Date
  /** The time of its last prompt or of the end of its last answer; before that, of its beginning. */
  readonly lastActive: Date
}

export const isActive = ({ lastActive }: Session, now: Date, idleMs: number): boolean =>
  now.getTime() - lastActive.getTime() < idleMs

export function refuseExpired(session: Session, now: Date, idleMs: number): void {
  if (isActive(session, now, idleMs)) return
  throw new Refused(
    'session_expired',
    'this session has expired: nothing has happened in it for too long; begin a new one with POST /session/initialize_session',
  )
}
