import { createCipheriv, createDecipheriv, hash, randomFillSync } from 'node:crypto'
import { Binary } from 'mongodb'
import { canonical } from '../canonical.js'
import { EventStoreError } from '../errors.js'
import type { Envelope } from '../event.js'

/**
 * An envelope is one binary value that can be stored anywhere (log, read model, export) and still says what it is:
 *
 *   1 byte   format, 1
 *   2 bytes  length of the header, big endian
 *   header   canonical JSON: [stream, version, type, shape]
 *   12 bytes nonce
 *   …        AES-256-GCM of salt (16 bytes) and canonical personal data
 *   16 bytes tag
 *
 * Everything before the nonce is authenticated, so an envelope cannot be moved to another event. With GCM alone one
 * could make an envelope that opens to two texts under two keys; the commitment, SHA-256(salt ‖ canonical personal
 * data), excludes that.
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
  const json = Buffer.from(canonical(personal))
  const plaintext = Buffer.allocUnsafe(saltBytes + json.length)
  randomBytesInto(plaintext, 0, saltBytes)
  plaintext.set(json, saltBytes)

  const start = 3 + header.length
  const out = Buffer.allocUnsafe(start + nonceBytes + plaintext.length + tagBytes)
  out.writeUInt8(format, 0)
  out.writeUInt16BE(header.length, 1)
  out.set(header, 3)
  randomBytesInto(out, start, nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, out.subarray(start, start + nonceBytes))
  cipher.setAAD(out.subarray(0, start))
  out.set(cipher.update(plaintext), start + nonceBytes)
  cipher.final()
  out.set(cipher.getAuthTag(), out.length - tagBytes)
  return { personal: new Binary(out), commitment: new Binary(commit(plaintext)) }
}

/** Whether the envelope has this header. Quicker than `headerOf`. */
export function isSealedAs(envelope: Uint8Array, { stream, version, type, shape }: EnvelopeHeader): boolean {
  const header = canonical([stream, version, type, shape])
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  return bytes[0] === format && bytes.length > 3 && bytes.toString('utf8', 3, 3 + bytes.readUInt16BE(1)) === header
}

/** The envelope's header. Trust it only after `openPersonal`: only the key proves it. */
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

/** The personal data and the salt. Throws `damaged_envelope` unless the key and every byte are those of the sealing. */
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
    const plaintext = decipher.update(bytes.subarray(start + nonceBytes, -tagBytes))
    decipher.final() // adds nothing in this mode; throws unless the tag is right
    return { personal: JSON.parse(plaintext.toString('utf8', saltBytes)), salt: plaintext.subarray(0, saltBytes) }
  } catch (cause) {
    throw damaged('it does not open with its stream’s key', cause)
  }
}

const commit = (saltAndJson: Uint8Array) => hash('sha256', saltAndJson, 'buffer')

/** The last bytes: another envelope has others. */
export const tagOf = (envelope: Envelope): string => bytesOf(envelope).subarray(-tagBytes).toString('latin1')

/** The commitment that an auditor computes from opened personal data and its salt. */
export const commitmentOf = (salt: Uint8Array, personal: unknown): Buffer =>
  commit(Buffer.concat([salt, Buffer.from(canonical(personal))]))

const bytesOf = (envelope: Envelope) => {
  const value = envelope.value()
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

const damaged = (why: string, cause: unknown) =>
  new EventStoreError('damaged_envelope', `an envelope is damaged: ${why}`, {}, { cause })

// Random bytes are made 8 KiB at a time: a call for each envelope would cost more than the sealing itself.
const pool = Buffer.allocUnsafeSlow(8192)
let used = pool.length

function randomBytesInto(target: Buffer, offset: number, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(target, offset, used, used + length)
  pool.fill(0, used, used + length)
  used += length
}
