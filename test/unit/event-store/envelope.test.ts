import { randomBytes } from 'node:crypto'
import { Binary } from 'mongodb'
import {
  commitmentOf,
  headerOf,
  isSealedAs,
  openPersonal,
  sealPersonal,
} from '../../../src/event-store/sealing/envelope.js'

const key = randomBytes(32)
const header = { stream: 'notebook-1', version: 3, type: 'NoteWritten', shape: 2 }
const words = { text: 'Dear diary', tags: ['a', 'b'] }

describe('an envelope', () => {
  it('opens to the words that were sealed, and says where it belongs', () => {
    const { personal } = sealPersonal(key, header, words)
    expect(headerOf(personal)).toEqual(header)
    expect(openPersonal(key, personal).personal).toEqual(words)
  })

  it('has a commitment that its words and salt make again, and other words do not', () => {
    const { personal, commitment } = sealPersonal(key, header, words)
    const { salt } = openPersonal(key, personal)
    expect(commitmentOf(salt, { tags: ['a', 'b'], text: 'Dear diary' })).toEqual(Buffer.from(commitment.value()))
    expect(commitmentOf(salt, { ...words, text: 'Dear Diary' })).not.toEqual(Buffer.from(commitment.value()))
  })

  it('never looks the same twice', () => {
    const [a, b] = [sealPersonal(key, header, words), sealPersonal(key, header, words)]
    expect(a.personal.value()).not.toEqual(b.personal.value())
    expect(a.commitment.value()).not.toEqual(b.commitment.value())
  })

  it('has a nonce and a salt that no other one has', () => {
    const start = 3 + Buffer.from(sealPersonal(key, header, words).personal.value()).readUInt16BE(1)
    const seen = new Set<string>()
    for (let i = 0; i < 2_000; i++) {
      const { personal } = sealPersonal(key, header, words)
      seen.add(Buffer.from(personal.value().subarray(start, start + 12)).toString('hex'))
      seen.add(openPersonal(key, personal).salt.toString('hex'))
    }
    expect(seen.size).toBe(4_000)
  })

  it('tells without its key whether it was sealed for a place', () => {
    const bytes = Buffer.from(sealPersonal(key, header, words).personal.value())
    expect(isSealedAs(bytes, header)).toBe(true)
    for (const other of [{ stream: 'notebook-2' }, { version: 4 }, { type: 'NoteTornOut' }, { shape: 1 }])
      expect(isSealedAs(bytes, { ...header, ...other })).toBe(false)
    for (const length of [0, 1, 2, 3, 4, 20]) expect(isSealedAs(bytes.subarray(0, length), header)).toBe(false)
    const ofAnotherFormat = Buffer.from(bytes)
    ofAnotherFormat[0] = 2
    expect(isSealedAs(ofAnotherFormat, header)).toBe(false)
    expect(() => headerOf(new Binary(ofAnotherFormat))).toThrow('its header cannot be read')
  })

  it('says why it does not open', () => {
    expect(() => headerOf(new Binary(Buffer.alloc(0)))).toThrow(
      expect.objectContaining({ code: 'damaged_envelope', data: {}, cause: expect.any(RangeError) }),
    )
  })

  it('does not open when any one byte is changed, cut off or added', () => {
    const bytes = Buffer.from(sealPersonal(key, header, words).personal.value())
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes)
      changed[i]! ^= 1
      expect(() => openPersonal(key, new Binary(changed))).toThrow(
        expect.objectContaining({ code: 'damaged_envelope' }),
      )
    }
    for (const other of [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.alloc(0),
      bytes.subarray(0, 20),
    ]) {
      expect(() => openPersonal(key, new Binary(other))).toThrow(expect.objectContaining({ code: 'damaged_envelope' }))
    }
  })

  it('does not open with another key', () => {
    expect(() => openPersonal(randomBytes(32), sealPersonal(key, header, words).personal)).toThrow(
      expect.objectContaining({ code: 'damaged_envelope' }),
    )
  })
})
