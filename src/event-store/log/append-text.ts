import { Binary } from 'mongodb'
import { EventStoreError } from '../errors.js'
import type { AppendDocument } from '../event.js'

/**
 * What is stored of an append, without its envelopes, as one text: different appends have different texts, and none is
 * the beginning of another one. Each value says its kind, and each text its length. A storage format: MACs are made of
 * it.
 *
 * It is no canonical JSON, because that writes a date as it writes a text; and this takes less time.
 */
export function appendText({ _id, n, stream, version, at, meta, events }: Omit<AppendDocument, 'mac'>): string {
  let out = `append 1 ${encode(_id)}${encode(n)}${encode(stream)}${encode(version)}${encode(at)}${encode(meta)}[${events.length}:`
  for (const event of events) out += encodeFields(event as object as Fields, 'personal')
  return out
}

/** The bytes of each event's envelope; undefined for an event that has none. */
export const envelopesOf = ({ events }: Pick<AppendDocument, 'events'>): (Uint8Array | undefined)[] =>
  events.map(({ personal }) => (personal === undefined ? undefined : bytesOf(personal)))

type Fields = Record<string, unknown>

function encode(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
      return `n${value};`
    case 'boolean':
      return value ? 't' : 'f'
    case 'object':
      return value === null ? 'z' : encodeObject(value)
    default:
      throw unknownValue(typeof value)
  }
}

function encodeObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return encodeFields(value as Fields)
  if (Array.isArray(value)) return `[${value.length}:${value.map(encode).join('')}`
  if (value instanceof Date) return `d${value.getTime()};`
  const bytes = bytesOf(value)
  return `b${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')};`
}

/** In their order, which the database keeps. A field that is undefined is not stored. */
function encodeFields(value: Fields, except?: string): string {
  let out = '{'
  for (const name of Object.keys(value)) {
    const field = value[name]
    if (field !== undefined && name !== except) out += `${name.length}:${name}${encode(field)}`
  }
  return `${out}}`
}

/** Bytes as our code makes them, and as the driver reads them. */
function bytesOf(value: object): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof Binary && value.sub_type === Binary.SUBTYPE_DEFAULT) return value.value()
  throw unknownValue(value.constructor.name)
}

const unknownValue = (what: string) => new EventStoreError('not_encodable', `an append cannot hold a ${what}`)
