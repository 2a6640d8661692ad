import { createCipheriv, createDecipheriv, hash, randomFillSync } from 'node:crypto'
import { Binary } from 'mongodb'
import { canonical } from '../canonical.js'
import { EventStoreError } from '../errors.js'
import type { Envelope } from '../event.js'

/**
 * An envelope is one binary value that can lie anywhere (log, read model, export) and still says what it is:
 *
 *   1 byte   format, 1
 *   2 bytes  length of the header, big endian
 *   header   canonical JSON: [stream, version, type, shape]
 *   12 bytes nonce
 *   …        AES-256-GCM of salt (16 bytes) and canonical personal data
 *   16 bytes tag
 *
 * All before the nonce is authenticated, so an envelope cannot be moved to another event. GCM alone could be made to
 * open to two texts under two keys; the commitment, SHA-256(salt ‖ canonical personal data), pins the words.
 */
const format = 1
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16

export interface EnvelopeHeader {
  stream: string
  version: number
  type: string
  shape: number
}

export interface SealedPersonal<Personal> {
  personal: Envelope<Personal>
  commitment: Binary
}

export function sealPersonal<Personal>(
  key: Uint8Array,
  { stream, version, type, shape }: EnvelopeHeader,
  personal: Personal,
): SealedPersonal<Personal> {
  const header = Buffer.from(canonical([stream, version, type, shape]))
  const words = Buffer.from(canonical(personal))
  const plain = Buffer.allocUnsafe(saltBytes + words.length)
  randomBytesInto(plain, 0, saltBytes)
  plain.set(words, saltBytes)

  const start = 3 + header.length
  const out = Buffer.allocUnsafe(start + nonceBytes + plain.length + tagBytes)
  out.writeUInt8(format, 0)
  out.writeUInt16BE(header.length, 1)
  out.set(header, 3)
  randomBytesInto(out, start, nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, out.subarray(start, start + nonceBytes))
  cipher.setAAD(out.subarray(0, start))
  out.set(cipher.update(plain), start + nonceBytes)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - tagBytes)
  return { personal: new Binary(out), commitment: new Binary(commit(plain)) }
}

/** Whether the envelope says this of itself; quicker than to read what it says. */
export function isSealedAs(envelope: Uint8Array, { stream, version, type, shape }: EnvelopeHeader): boolean {
  const header = canonical([stream, version, type, shape])
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  return bytes[0] === format && bytes.length > 3 && bytes.toString('utf8', 3, 3 + bytes.readUInt16BE(1)) === header
}

/** What the envelope says of itself. Trust it only after `open`: only the key proves it. */
export function headerOf(envelope: Envelope): EnvelopeHeader {
  const bytes = bytesOf(envelope)
  try {
    if (bytes.readUInt8(0) !== format) throw new Error(`unknown format ${bytes.readUInt8(0)}`)
    const header = bytes.subarray(3, 3 + bytes.readUInt16BE(1)).toString()
    const [stream, version, type, shape] = JSON.parse(header) as [string, number, string, number]
    return { stream, version, type, shape }
  } catch (cause) {
    throw damaged('its header cannot be read', cause)
  }
}

/** The words and the salt. Throws `damaged_envelope` when the key or any byte is not the one it was sealed with. */
export function openPersonal<Personal>(
  key: Uint8Array,
  envelope: Envelope<Personal>,
): { personal: Personal; salt: Buffer } {
  const bytes = bytesOf(envelope)
  try {
    const start = 3 + bytes.readUInt16BE(1)
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(start, start + nonceBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAAD(bytes.subarray(0, start))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    const plain = decipher.update(bytes.subarray(start + nonceBytes, -tagBytes))
    decipher.final() // adds nothing in this mode; throws unless the tag is right
    return { personal: JSON.parse(plain.toString('utf8', saltBytes)), salt: plain.subarray(0, saltBytes) }
  } catch (cause) {
    throw damaged('it does not open with its stream’s key', cause)
  }
}

const commit = (saltAndWords: Uint8Array) => hash('sha256', saltAndWords, 'buffer')

/** The commitment an auditor recomputes from opened words and their salt. */
export const commitmentOf = (salt: Uint8Array, personal: unknown): Buffer =>
  commit(Buffer.concat([salt, Buffer.from(canonical(personal))]))

const bytesOf = (envelope: Envelope) => {
  const value = envelope.value()
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

const damaged = (why: string, cause: unknown) =>
  new EventStoreError('damaged_envelope', `an envelope is damaged: ${why}`, {}, { cause })

// Random bytes are drawn 8 KiB at a time: one call each would cost more than the sealing itself.
const pool = Buffer.allocUnsafeSlow(8192)
let drawn = pool.length

function randomBytesInto(target: Buffer, offset: number, length: number): void {
  if (drawn + length > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  pool.copy(target, offset, drawn, drawn + length)
  pool.fill(0, drawn, drawn + length)
  drawn += length
}
