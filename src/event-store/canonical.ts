import { Binary } from 'mongodb'
import { EventStoreError } from './errors.js'

/**
 * Canonical JSON (RFC 8785): one value, one text. Commitments, digests and leaves are made of it, so this text is a
 * storage format. It also takes what the log can hold and JSON cannot: a date becomes its ISO text with milliseconds,
 * bytes become base64url without padding. A property that is undefined is absent, as in JSON.
 *
 * It refuses values without a single faithful text (NaN, lone surrogates, class instances). All others can be stored,
 * read back and hashed again with the same result.
 */
export function canonical(value: unknown): string {
  return encode(value, 0)
}

const maxDepth = 64

function encode(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return encodeText(value)
    case 'number':
      if (!Number.isFinite(value)) throw notEncodable(`the number ${value}`)
      return String(Object.is(value, -0) ? 0 : value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : encodeObject(value, depth)
    default:
      throw notEncodable(`a ${typeof value}`)
  }
}

function encodeObject(value: object, depth: number): string {
  if (depth >= maxDepth) throw notEncodable(`nesting deeper than ${maxDepth} levels`)
  if (isPlain(value)) return encodeFields(value, depth)
  if (Array.isArray(value)) return `[${Array.from(value, (item) => encode(item, depth + 1)).join()}]`
  if (value instanceof Date) return `"${isoTime(value)}"`
  const bytes = asBytes(value)
  if (bytes) return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')}"`
  throw notEncodable(`a ${value.constructor.name}`)
}

function encodeFields(value: Record<string, unknown>, depth: number): string {
  let out = ''
  for (const name of sortNames(Object.keys(value))) {
    const field = value[name]
    if (field === undefined) continue
    out += `${out === '' ? '' : ','}${encodeText(propertyName(name))}:${encode(field, depth + 1)}`
  }
  return `{${out}}`
}

/** By UTF-16 code units. The names are often in order already, and a look is quicker than a sort. */
function sortNames(names: string[]): string[] {
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort()
  return names
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function mustBePlain(value: object): Record<string, unknown> {
  if (!isPlain(value)) throw notEncodable(`a ${value.constructor.name}`)
  return value
}

/** Printable ASCII without quotes and backslashes: JSON only adds the quotes. */
const unescaped = /^[ !#-[\]-~]*$/

const encodeText = (value: string): string =>
  unescaped.test(value) ? `"${value}"` : JSON.stringify(mustBeWellFormed(value))

function mustBeWellFormed(value: string): string {
  if (!value.isWellFormed()) throw notEncodable('a text with half of a surrogate pair')
  return value
}

function propertyName(name: string): string {
  if (name.includes('\0')) throw notEncodable('a property name with a NUL character')
  return mustBeWellFormed(name)
}

function isoTime(value: Date): string {
  if (Number.isNaN(value.getTime())) throw notEncodable('an invalid date')
  return value.toISOString()
}

/** Bytes as our code makes them (Uint8Array, Buffer) and as the driver reads them (its Binary). */
function asBytes(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  return value instanceof Binary ? value.value() : undefined
}

/**
 * An upper bound of the bytes that a public value takes in BSON. It refuses what `canonical` refuses, and the one
 * property name that the driver takes for a type of its own, because one such value would fail a whole batch.
 */
export function measure(value: unknown, depth = 0): number {
  if (typeof value === 'string') return 5 + 3 * mustBeWellFormed(value).length
  if (typeof value !== 'object' || value === null || value instanceof Date) return encode(value, depth).length + 8
  if (depth >= maxDepth) throw notEncodable(`nesting deeper than ${maxDepth} levels`)
  const bytes = asBytes(value)
  if (bytes) return 5 + bytes.length
  let total = 5
  for (const [name, field] of Object.entries(Array.isArray(value) ? value : mustBePlain(value))) {
    if (field === undefined && !Array.isArray(value)) continue
    if (name === '_bsontype') throw notEncodable('a property named _bsontype')
    total += 2 + 3 * propertyName(name).length + measure(field, depth + 1)
  }
  return total
}

function notEncodable(what: string): EventStoreError {
  return new EventStoreError('not_encodable', `${what} cannot be stored faithfully; leave it out or change it`)
}
