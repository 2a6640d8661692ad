import { z } from 'zod'
import { Catalog, defineEvents } from '../../../src/event-store/catalog.js'
import type { AppendDocument } from '../../../src/event-store/event.js'

const events = defineEvents({
  Moved: {
    data: { to: z.string(), floor: z.number() },
    personal: { first: z.string(), last: z.string() },
    upcast: [
      { data: (old: { to: string }) => ({ to: old.to, level: 0 }) },
      {
        data: ({ to, level }: { to: string; level: number }) => ({ to, floor: level }),
        personal: ({ name }: { name: string }) => ({ first: name.split(' ')[0], last: name.split(' ')[1] }),
      },
    ],
  },
  Left: { data: {} },
})
const catalog = new Catalog(events)

const append = (type: string, shape: number, data: unknown): AppendDocument => ({
  _id: 7,
  n: 1,
  stream: 'a-1',
  version: 3,
  at: new Date(0),
  meta: { actor: 'x', commandId: 'c' },
  events: [{ type, shape, data }],
})

describe('the catalog', () => {
  it('gives a new event the newest shape', () => {
    const event = { type: 'Moved', data: { to: 'Rome', floor: 2 }, personal: { first: 'Ann', last: 'Lee' } }
    expect(catalog.check(event)).toEqual({ shape: 3, data: event.data, personal: event.personal })
  })

  it.each([
    [
      'a property that is not declared',
      { type: 'Moved', data: { to: 'Rome', floor: 1, email: 'ann@x' }, personal: { first: 'a', last: 'b' } },
    ],
    ['a missing property', { type: 'Moved', data: { to: 'Rome' }, personal: { first: 'a', last: 'b' } }],
    ['a missing personal part', { type: 'Moved', data: { to: 'Rome', floor: 1 } }],
    ['a personal part where none is declared', { type: 'Left', data: {}, personal: { first: 'Ann' } }],
  ])('refuses %s', (_, event) => {
    expect(() => catalog.check(event)).toThrow(expect.objectContaining({ code: 'not_encodable' }))
  })

  it.each([
    [{ type: 'Moved', data: { to: 'Rome', floor: 'x' }, personal: { first: 'a', last: 'b' } }, 'Moved.data.floor'],
    [{ type: 'Moved', data: { to: 'Rome', floor: 1 }, personal: { first: 'a', last: 1 } }, 'Moved.personal.last'],
    [{ type: 'Left', data: {}, personal: {} }, 'Left.personal'],
  ])('says where %j does not fit', (event, where) => {
    expect(() => catalog.check(event)).toThrow(expect.objectContaining({ name: 'EventStoreError', data: { where } }))
  })

  it('takes an old event through every later shape when it is read', () => {
    expect(catalog.read(append('Moved', 1, { to: 'Rome' }), 0).data).toEqual({ to: 'Rome', floor: 0 })
    expect(catalog.read(append('Moved', 2, { to: 'Rome', level: 4 }), 0).data).toEqual({ to: 'Rome', floor: 4 })
    expect(catalog.newestPersonal('Moved', 1, { name: 'Ann Lee' })).toEqual({ first: 'Ann', last: 'Lee' })
  })

  it('refuses to read what a newer build wrote', () => {
    expect(() => catalog.read(append('Moved', 4, {}), 0)).toThrow(expect.objectContaining({ code: 'newer_event' }))
    expect(() => catalog.read(append('Unheard', 1, {}), 0)).toThrow(expect.objectContaining({ code: 'unknown_event' }))
  })

  it('gives each event of an append its own place', () => {
    const { events, ...rest } = append('Left', 1, {})
    const three = { ...rest, n: 3, events: [events[0]!, events[0]!, { ...events[0]!, type: 'Unheard' }] }
    expect(catalog.read(three, 1)).toMatchObject({ position: 8, version: 4 })
    expect(catalog.readLeniently(three, 2)).toMatchObject({ type: 'Unheard', position: 9, version: 5 })
  })

  it('lets it pass by readers whom it does not concern, until they look inside', () => {
    const event = catalog.readLeniently(append('Unheard', 1, { secret: 1 }), 0)
    expect(event).toMatchObject({ type: 'Unheard', position: 7, stream: 'a-1' })
    expect(() => event.data).toThrow(expect.objectContaining({ code: 'unknown_event' }))
  })

  it('does not take one type from two places', () => {
    expect(() => new Catalog(events, { Left: { data: {} } })).toThrow('declared twice')
  })

  it('describes its types to auditors', () => {
    expect(catalog.list().map(({ type, shape }) => [type, shape])).toEqual([
      ['Moved', 3],
      ['Left', 1],
    ])
    expect(catalog.list()[0]).toMatchObject({
      data: { properties: { floor: { type: 'number' } } },
      personal: { required: ['first', 'last'] },
    })
    const withDate = new Catalog({ Born: { data: { on: z.date() } } })
    expect(withDate.list()).toMatchObject([{ type: 'Born', data: { properties: { on: {} } } }])
  })
})
