import { randomBytes } from 'node:crypto'

/*
 * An attempt's id is a UUID of version 7: random, and it has the time at which the attempt began, by the database's
 * clock. So every process can order the attempts at a reply, also years later, from what the log has of them.
 */

export function newAttemptId(beganAtMs: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(beganAtMs, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** An edit of a reply counts as an attempt. Undefined for ids of older builds, which have no time. */
export function attemptBeganAt(attempt: string): number | undefined {
  const edited = /^edited-(\d+)$/.exec(attempt)
  if (edited) return Number(edited[1])
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(attempt)
    ? Number.parseInt(attempt.replace('-', '').slice(0, 12), 16)
    : undefined
}
