import { keyedHash } from './derived-ids.js'

const prefix = 'guest-'

/**
 * Guests have no account: those who have a session id are that guest. So the session id itself is stored nowhere; the
 * log, jobs, read models, counts and log lines know a guest by this keyed hash of it, which also names its stream.
 */
export const guestIdOf = (secret: Uint8Array, sessionId: string): string =>
  prefix + keyedHash(secret, sessionId).toString('base64url')

export const isGuest = (ownerId: string): boolean => ownerId.startsWith(prefix)
