import { BSON, Binary } from 'mongodb'
import { canonical, measure } from '../../../src/event-store/canonical.js'

describe('canonical JSON', () => {
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const example: unknown = JSON.parse(
      String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
    )
    expect(canonical(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('sorts properties by their UTF-16 units, as section 3.2.3 shows', () => {
    const example = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '\u{1f600}': 'Emoji',
      '\u0080': 'Control',
      ö: 'Latin',
    }
    const values = [...canonical(example).matchAll(/:"([^"]+)"/g)].map(([, value]) => value)
    expect(values).toEqual(['Carriage Return', 'One', 'Control', 'Latin', 'Euro Sign', 'Emoji', 'Hebrew'])
  })

  it('knows dates, binary (ours and the driver’s) and absent properties', () => {
    const bytes = Buffer.from([251, 255, 0])
    const value = {
      at: new Date(Date.UTC(2026, 10, 20, 1, 2, 3, 4)),
      a: bytes,
      b: new Binary(bytes),
      c: undefined,
      d: -0,
    }
    expect(canonical(value)).toBe('{"a":"-_8A","at":"2026-11-20T01:02:03.004Z","b":"-_8A","d":0}')
  })

  it('sorts what is out of order at its end, and takes objects that have no prototype', () => {
    expect(canonical({ a: 1, c: 2, b: 3 })).toBe('{"a":1,"b":3,"c":2}')
    expect(canonical(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}')
  })

  it('takes 64 levels, and no more', () => {
    const nested = (levels: number, inside: (value: unknown) => unknown): unknown =>
      levels === 1 ? inside(1) : inside(nested(levels - 1, inside))
    for (const inside of [(value: unknown) => [value], (value: unknown) => ({ value })]) {
      expect(canonical(nested(64, inside))).toContain('1')
      expect(measure(nested(64, inside))).toBeGreaterThan(64)
      for (const encode of [canonical, measure])
        expect(() => encode(nested(65, inside))).toThrow('nesting deeper than 64 levels')
    }
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic

  it.each([
    ['NaN', NaN],
    ['Infinity', { n: Infinity }],
    ['a lone surrogate', 'a\ud83d'],
    ['a lone surrogate in a name', { 'a\ud83d': 1 }],
    ['a NUL in a name', { 'a\0b': 1 }],
    ['a function', { f: () => 1 }],
    ['a bigint', 1n],
    ['undefined in a list', [undefined]],
    ['a class instance', new Map()],
    ['an invalid date', new Date(NaN)],
    ['a cycle', cyclic],
  ])('refuses %s, and so does measure', (_, value) => {
    expect(() => canonical(value)).toThrow(expect.objectContaining({ code: 'not_encodable' }))
    expect(() => measure({ value })).toThrow(expect.objectContaining({ code: 'not_encodable' }))
  })

  it('measures no less than what BSON takes', () => {
    const values = [
      {},
      { a: [1, 2, { b: 'ü€😀'.repeat(50) }] },
      { d: new Date(), n: 1.5, big: 2 ** 40, b: Buffer.alloc(99), t: true, z: null },
      Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, i])),
    ]
    expect(measure({ a: undefined })).toBe(measure({}))
    expect(measure({ ['€'.repeat(1000)]: 1 })).toBeGreaterThanOrEqual(3000)
    for (const value of values) expect(measure(value)).toBeGreaterThanOrEqual(BSON.calculateObjectSize(value))
  })

  it('refuses the one property name that the driver would take for a type of its own', () => {
    expect(() => measure({ metadata: { _bsontype: 'ObjectId' } })).toThrow('_bsontype')
  })
})
