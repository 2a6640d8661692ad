import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { EventStoreError } from '../errors.js'

/** The key above all keys. Stored keys name it by its id, which reveals nothing about it. */
export interface MasterKey {
  readonly id: string
  readonly key: Uint8Array
}

export function masterKey(key: Uint8Array): MasterKey {
  if (key.length !== 32) throw new Error(`a master key has 32 bytes, this one has ${key.length}`)
  return { id: createHmac('sha256', key).update('verbatim master key id').digest('base64url').slice(0, 11), key }
}

/**
 * The key that wraps other keys: made of the master key and, for a stream that has an owner, the owner's key. It needs
 * both, so that every copy that was wrapped under a forgotten master key is useless: also the copy of a destroyed chat
 * key in an old backup, although the key of the chat's owner is still there.
 */
export function wrappingKey(master: MasterKey, owner?: Uint8Array): Buffer {
  const mac = createHmac('sha256', master.key).update('verbatim wrapping key')
  if (owner) mac.update(owner)
  return mac.digest()
}

/** 12 bytes nonce, the encrypted key, 16 bytes tag. Bound to the id: a stored key cannot be moved to another stream. */
export function wrap(wrapping: Uint8Array, id: string, key: Uint8Array): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', wrapping, nonce).setAAD(Buffer.from(id))
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
}

export function unwrap(wrapping: Uint8Array, id: string, wrapped: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrapping, wrapped.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(id)).setAuthTag(wrapped.subarray(-16))
    const key = decipher.update(wrapped.subarray(12, -16))
    decipher.final() // adds nothing in this mode; throws unless the tag is right
    return Buffer.from(key) // from Buffer's pool: many keys are kept, and each ArrayBuffer costs the collector
  } catch (cause) {
    throw new EventStoreError(
      'damaged_envelope',
      `the stored key ${id} does not open with the keys above it`,
      { id },
      { cause },
    )
  }
}
