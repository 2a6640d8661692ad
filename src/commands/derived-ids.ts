import { createHmac } from 'node:crypto'

/** Only those who know the secret can make this hash. Each part is hashed with its length, so no two lists of parts look alike. */
export function keyedHash(secret: Uint8Array, ...parts: readonly string[]): Buffer {
  const hmac = createHmac('sha256', secret)
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest()
}

/** The same as a UUID (version 8: of one's own format), for ids that a repeat must find again. */
export function derivedId(secret: Uint8Array, ...parts: readonly string[]): string {
  const bytes = keyedHash(secret, ...parts).subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
