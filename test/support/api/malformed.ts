import type { Contract, Schema } from './contract.js'

/** A value that a schema does not allow. */
export interface Malformed {
  /** As an answer is to name it: settings.temperature, messages.0.role. */
  field: string
  body: unknown
}

const half = 'a\ud800b'

/** Bodies that are as the example, but for one thing. */
export function* malformedBodies(contract: Contract, schema: Schema, example: unknown): Generator<Malformed> {
  for (const [name, given] of Object.entries(schema.properties ?? {})) {
    const property = contract.schema(given)
    const put = (value: unknown) => ({ ...(example as object), [name]: value })
    if (schema.required?.includes(name)) yield { field: name, body: put(undefined) }
    for (const value of wrongValues(property)) yield { field: name, body: put(value) }
    const inside = property.items ? contract.schema(property.items) : property
    if (!inside.properties) continue
    const within = contract.exampleOf(inside)
    for (const { field, body } of malformedBodies(contract, inside, within)) {
      yield property.items
        ? { field: `${name}.0.${field}`, body: put([body]) }
        : { field: `${name}.${field}`, body: put(body) }
    }
  }
}

function wrongValues(schema: Schema): unknown[] {
  if (schema.enum) return [...notA('string'), 'none of these', '']
  switch (schema.type) {
    case 'string':
      return [...notA('string'), half, ...wrongTexts(schema)]
    case 'integer':
      return [...notA('number'), '1', 1.5, ...outOfRange(schema)]
    case 'number':
      return [...notA('number'), '1', ...outOfRange(schema)]
    case 'boolean':
      return [...notA('boolean'), 'yes', 1]
    case 'array':
      return [
        ...notA('array'),
        [null],
        [5],
        ...(schema.items?.type === 'string' ? [[half], [{}]] : [['x'], [[]]]),
        Array.from({ length: 10_000 }, () => 0),
      ]
    default:
      return [...notA('object'), ...(schema.additionalProperties ? [{ a: half }, { [half]: 1 }] : [])]
  }
}

function wrongTexts({ minLength = 0, maxLength, pattern, format }: Schema): string[] {
  return [
    ...(minLength > 0 ? ['', 'é'.repeat(minLength - 1)] : []),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
    ...(pattern === undefined ? [] : ['a b', 'a/b', 'a\0b', '<a>']),
    ...(format === 'email'
      ? ['x', 'a@', '@example.org', 'a b@example.org', 'a@b@example.org', 'a@example.org\0', 'a@example']
      : []),
  ]
}

const outOfRange = ({ minimum, maximum }: Schema) => [
  ...(minimum === undefined ? [] : [minimum - 1]),
  ...(maximum === undefined ? [] : [maximum + 1]),
]

const samples: Record<string, unknown> = {
  string: 'x',
  number: 5,
  boolean: true,
  array: [1],
  object: { a: 1 },
  null: null,
}
const notA = (type: string) => Object.entries(samples).flatMap(([name, sample]) => (name === type ? [] : [sample]))

export const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

/** Bodies that are wrong as a whole, as they go over the wire. */
export const brokenJson = [
  '{',
  '}',
  '{"a":1,}',
  '{a:1}',
  'undefined',
  '{"text":"a" "b"}',
  '\u{feff}x',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
]
export const noObjects = ['null', 'true', '5', '"text"', '[]', '[{}]', `[${'[],'.repeat(10_000)}[]]`]
export const tooDeep = [100, 2_000, 100_000].flatMap((depth) => [
  `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`,
  `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
])

/** Words for a query that a schema does not allow, as they are written there. */
export function wrongWords({ type, format, enum: allowed, maximum, minimum, maxLength }: Schema): string[] {
  if (allowed) return ['none+of+these', '', '5', '%00']
  if (type === 'integer')
    return [
      'x',
      '',
      '1.5',
      '1e2',
      '0x10',
      '%201',
      'NaN',
      'Infinity',
      '9'.repeat(400),
      ...outOfRange({ minimum, maximum }).map(String),
    ]
  if (type === 'boolean') return ['yes', '1', '', 'TRUE']
  if (format === 'date-time')
    return [
      '',
      'yesterday',
      '2024-13-01',
      '2024-02-30',
      '20240101',
      '2024-W01',
      '2024-001',
      '1700000000',
      '%2B275760-09-14T00:00:00Z',
      '-000001-01-01T00:00:00Z',
    ]
  return ['a%ED%A0%80b', ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)])].slice(1)
}
