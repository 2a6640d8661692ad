import { Binary, BSON } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { AppendMacs } from '../../../src/event-store/log/append-macs.js'
import { appendText } from '../../../src/event-store/log/append-text.js'

const secretFrom = (macsFrom: number | undefined, fill = 1) => ({
  key: Buffer.alloc(32, fill),
  macsFrom,
  readMacsFrom: async () => macsFrom,
})
const macs = new AppendMacs(secretFrom(1))

const plain: Omit<AppendDocument, 'mac'> = {
  _id: 7,
  n: 2,
  stream: 'user-ann',
  version: 3,
  at: new Date(1_000),
  meta: { actor: 'ann', commandId: 'c-1', payload: 'p' },
  events: [
    {
      type: 'Said',
      shape: 1,
      data: { to: 'bob', n: 1, when: new Date(5), list: [1, 'a', null, true], raw: new Binary(Buffer.from('x')) },
    },
    {
      type: 'Heard',
      shape: 2,
      data: {},
      commitment: new Binary(Buffer.alloc(32, 2)),
      personal: new Binary(Buffer.from('sealed')),
    },
  ],
}
const sealed = macs.add(plain)
/** As the database gives it back. */
const stored = (append: object) => BSON.deserialize(BSON.serialize(append, { ignoreUndefined: true })) as AppendDocument
const believes = async (append: object, isWhole = true, by = macs) =>
  (await by.believed([sealed, stored(append)], isWhole)).length === 2

const [said, heard] = sealed.events as [AppendDocument['events'][0], AppendDocument['events'][0]]
const withData = (data: object) => ({
  ...sealed,
  events: [{ ...said, data: { ...(said.data as object), ...data } }, heard],
})

describe('the MAC of an append', () => {
  it('is believed as it was written, with its envelopes or without', async () => {
    expect(await believes(sealed)).toBe(true)
    const { personal: _, ...heardWithout } = heard
    expect(await believes({ ...sealed, events: [said, heardWithout] }, false)).toBe(true)
    expect(await believes({ ...sealed, events: [said, heardWithout] }, true)).toBe(false)
    expect(await believes(macs.add({ ...plain, meta: { ...plain.meta, trace: undefined } }))).toBe(true)
  })

  it.each<[string, object]>([
    ['position', { ...sealed, _id: 8 }],
    ['number of events', { ...sealed, n: 1 }],
    ['stream', { ...sealed, stream: 'user-bob' }],
    ['version', { ...sealed, version: 4 }],
    ['time', { ...sealed, at: new Date(1_001) }],
    ['actor', { ...sealed, meta: { ...sealed.meta, actor: 'bob' } }],
    ['trace', { ...sealed, meta: { ...sealed.meta, trace: 't' } }],
    ['type', { ...sealed, events: [{ ...said, type: 'Sang' }, heard] }],
    ['shape', { ...sealed, events: [{ ...said, shape: 2 }, heard] }],
    ['data', withData({ to: 'eve' })],
    ['data by one more field', withData({ more: null })],
    ['date to a text', withData({ when: new Date(5).toISOString() })],
    ['date to a number', withData({ when: 5 })],
    ['number to a text', withData({ n: '1' })],
    ['bytes to a text', withData({ raw: 'eA' })],
    ['list to an object', withData({ list: { 0: 1, 1: 'a', 2: null, 3: true } })],
    ['commitment', { ...sealed, events: [said, { ...heard, commitment: new Binary(Buffer.alloc(32, 3)) }] }],
    ['field of an event', { ...sealed, events: [{ ...said, more: 1 }, heard] }],
    ['order of the events', { ...sealed, events: [heard, said] }],
    ['events, one fewer', { ...sealed, events: [said] }],
  ])('is wrong after a change of the %s, also for those who leave the envelopes away', async (_, changed) => {
    expect(await believes(changed)).toBe(false)
    expect(await believes(changed, false)).toBe(false)
  })

  const values = [null, true, false, 0, '', '0', [], {}, new Date(0), new Binary(Buffer.alloc(0))]
  it.each(values.flatMap((one, i) => values.slice(i + 1).map((other) => [one, other] as const)))(
    'is another for a list with %p before %p than for the same in the other order',
    (one, other) => {
      const textOf = (...list: unknown[]) => appendText({ ...plain, events: [{ ...said, data: { list } }] })
      expect(textOf(one, other)).not.toEqual(textOf(other, one))
    },
  )

  it('is wrong after a change of an envelope, or when one is moved to another event', async () => {
    const envelope = (personal: unknown) => ({ ...sealed, events: [said, { ...heard, personal }] })
    expect(await believes(envelope(new Binary(Buffer.from('sealeD'))))).toBe(false)
    expect(await believes(envelope('sealed'))).toBe(false)
    expect(await believes(envelope(null))).toBe(false)
    const { personal, ...rest } = heard
    expect(await believes({ ...sealed, events: [{ ...said, personal }, rest] })).toBe(false)
  })

  it.each<[string, unknown]>([
    ['none', undefined],
    ['that of another kind', 'mac'],
    ['a short one', new Binary(Buffer.alloc(16))],
    ['an empty one', new Binary(Buffer.alloc(0))],
    [
      'its two tags in the other order',
      new Binary(Buffer.concat([sealed.mac!.value().subarray(16), sealed.mac!.value().subarray(0, 16)])),
    ],
  ])('is missing in an append that has %s', async (_, mac) => {
    expect(await believes({ ...sealed, mac })).toBe(false)
  })

  it('is that of one log', async () => {
    expect(await believes(new AppendMacs(secretFrom(1, 2)).add(plain))).toBe(false)
  })

  it('fails for what no append holds, and does not break the reader', async () => {
    for (const broken of [
      { events: 'none' },
      { meta: null },
      { meta: { actor: /a/ } },
      { at: 'now' },
      { events: [null] },
    ])
      expect(await believes({ ...sealed, ...broken })).toBe(false)
  })

  it('gives the appends before the first that is not believed, and names that one', async () => {
    const [forged, next] = [stored({ ...sealed, _id: 9, mac: undefined }), macs.add({ ...plain, _id: 11 })]
    expect(await macs.believed([sealed, forged, next])).toEqual([sealed])
    await expect(macs.believed([forged, next])).rejects.toMatchObject({
      code: 'damaged_log',
      data: { position: 9, stream: 'user-ann' },
      message: expect.stringMatching(/position 9, in the stream user-ann, .* Keep a copy/),
    })
  })
})

describe('a log from before MACs', () => {
  const old = (_id: number) => stored({ ...plain, _id })

  it('is believed up to the position from which each append must have one', async () => {
    const upgraded = new AppendMacs(secretFrom(100))
    expect(await believes(old(99), true, upgraded)).toBe(true)
    expect(await believes(old(100), true, upgraded)).toBe(false)
  })

  it('is believed without one while that is not set, but never with a wrong one', async () => {
    const open = new AppendMacs(secretFrom(undefined))
    expect(await believes(old(1_000), true, open)).toBe(true)
    expect(await believes({ ...sealed, version: 9 }, true, open)).toBe(false)
    expect(await believes(open.add(plain))).toBe(true)
  })

  it('learns the position from another process', async () => {
    const stored: { macsFrom?: number } = {}
    const upgraded = new AppendMacs({ ...secretFrom(undefined), readMacsFrom: async () => stored.macsFrom })
    stored.macsFrom = 50
    expect(await believes(old(50), true, upgraded)).toBe(false)
    expect(await believes(old(49), true, upgraded)).toBe(true)
  })
})

it('the text of an append is what it was: a storage format', () => {
  expect(appendText(plain)).toBe(
    'append 1 n7;n2;s8:user-annn3;d1000;{5:actors3:ann9:commandIds3:c-17:payloads1:p}[2:' +
      '{4:types4:Said5:shapen1;4:data{2:tos3:bob1:nn1;4:whend5;4:list[4:n1;s1:azt3:rawb1:eA;}}' +
      `{4:types5:Heard5:shapen2;4:data{}10:commitmentb32:${Buffer.alloc(32, 2).toString('base64url')};}`,
  )
})
