import { randomBytes } from 'node:crypto'
import { masterKey, unwrap, wrap, wrappingKey } from '../../../src/event-store/sealing/key-wrap.js'

const [master, other] = [masterKey(randomBytes(32)), masterKey(randomBytes(32))]
const owner = randomBytes(32)
const key = randomBytes(32)
const damaged = expect.objectContaining({ code: 'damaged_envelope', data: { id: 'chat-1' } })

describe('a wrapped key', () => {
  it('opens with the keys above it', () => {
    for (const wrapping of [wrappingKey(master), wrappingKey(master, owner)])
      expect(unwrap(wrapping, 'chat-1', wrap(wrapping, 'chat-1', key))).toEqual(key)
  })

  it('opens with no others, and under no other id', () => {
    const wrapped = wrap(wrappingKey(master, owner), 'chat-1', key)
    for (const wrapping of [wrappingKey(master), wrappingKey(other, owner), wrappingKey(master, randomBytes(32))])
      expect(() => unwrap(wrapping, 'chat-1', wrapped)).toThrow(damaged)
    expect(() => unwrap(wrappingKey(master, owner), 'chat-2', wrapped)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('chat-2'), cause: expect.any(Error) }),
    )
  })

  it('does not open when any byte is changed, or the end is cut off', () => {
    const wrapping = wrappingKey(master)
    const wrapped = wrap(wrapping, 'chat-1', key)
    expect(wrapped).toHaveLength(12 + 32 + 16)
    for (let i = 0; i < wrapped.length; i++) {
      const changed = Buffer.from(wrapped)
      changed[i]! ^= 1
      expect(() => unwrap(wrapping, 'chat-1', changed)).toThrow(damaged)
      expect(() => unwrap(wrapping, 'chat-1', wrapped.subarray(0, i))).toThrow(damaged)
    }
  })

  it('never looks the same twice', () => {
    expect(wrap(wrappingKey(master), 'chat-1', key)).not.toEqual(wrap(wrappingKey(master), 'chat-1', key))
  })
})

/** Stored keys depend on these: a change makes everything unreadable. */
describe('what is made of a master key', () => {
  const known = masterKey(Buffer.alloc(32, 7))

  it('is an id that says nothing about it', () => {
    expect(known.id).toBe('ens5zsbI3qe')
    expect(master.id).not.toBe(other.id)
  })

  it('is always the same wrapping key', () => {
    expect(wrappingKey(known).toString('base64url')).toBe('74kTzM1K5NaDGLYavbApBtVDnCbWaSoOnMtqr7IW-Bs')
    expect(wrappingKey(known, Buffer.alloc(32, 8)).toString('base64url')).toBe(
      '5DAXq8y1OfFvhRFs8GhVIDEEeHDLzxnH7N4a9KbqFto',
    )
  })

  it('is nothing when it has another length', () => {
    for (const length of [0, 16, 31, 33, 64]) expect(() => masterKey(randomBytes(length))).toThrow('32 bytes')
  })
})
