import { keyedHash } from './derived-ids.js'

const prefix = 'guest-'

/**
 * Guests have no account: those who know a session id are that guest. So the session id itself is stored nowhere. The
 * log, jobs, read models, counters and log lines know a guest by this keyed hash, which is also the name of its stream.
 */
export const guestIdOf = (secret: Uint8Array, sessionId: string): string =>
  prefix + keyedHash(secret, sessionId).toString('base64url')

export const isGuest = (ownerId: string): boolean => ownerId.startsWith(prefix)
