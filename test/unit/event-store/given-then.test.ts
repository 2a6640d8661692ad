import { Binary } from 'mongodb'
import { envelope, givenLog, record, showEnvelopes, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { type NoteDoc, notes, writers, type WriterDoc } from '../../support/event-store/notebooks.js'

const written = (noteId: string, text: string) => ({
  type: 'NoteWritten',
  data: { notebookId: '1', noteId, ownerId: 'ann' },
  personal: { text },
})

describe('the log of a test', () => {
  it('has its events one after the other, with what they do not say filled in', () => {
    const [first, second, other] = record([
      written('a', 'Hi'),
      written('b', 'Ho'),
      { ...written('c', 'Hu'), stream: 's' },
    ])
    expect(first).toEqual({
      ...written('a', 'Hi'),
      personal: envelope({ text: 'Hi' }),
      commitment: expect.any(Binary),
      position: 1,
      stream: 'stream',
      version: 1,
      at: new Date(1_000),
      meta: { actor: 'somebody', commandId: '1' },
    })
    expect(second).toMatchObject({ position: 2, version: 2, at: timeOf(2), meta: { commandId: '2' } })
    expect(other).toMatchObject({ position: 3, stream: 's', version: 1 })
  })

  it('keeps what its events say', () => {
    const own = { stream: 's', at: new Date(5), meta: { actor: 'ann', commandId: 'c' } }
    expect(record([{ type: 'NotebookClosed', data: {}, ...own }])).toEqual([
      { type: 'NotebookClosed', data: {}, position: 1, version: 1, ...own },
    ])
  })
})

describe('what a read model should hold', () => {
  const given = () => givenLog<NoteDoc>(notes, [written('a', 'Hi')])
  const a = { notebookId: '1', corrections: 0, text: envelope({ text: 'Hi' }) }

  it('is what it holds', () => {
    given().then({ a })
    givenLog<WriterDoc>(writers, []).then({})
  })

  it.each([
    ['another field', { a: { ...a, corrections: 1 } }],
    ['another text', { a: { ...a, text: envelope({ text: 'Ho' }) } }],
    ['one more document', { a, b: a }],
    ['one document fewer', {}],
  ])('is not %s', (_, expected) => {
    expect(() => given().then(expected)).toThrow('deep-equal')
  })

  it('is shown with what envelopes stand for, however deep they are', () => {
    const at = new Date(1)
    expect(showEnvelopes({ texts: [envelope({ text: 'Hi' })], at, n: 1, none: null })).toEqual({
      texts: ['sealed {"text":"Hi"}'],
      at,
      n: 1,
      none: null,
    })
  })
})
