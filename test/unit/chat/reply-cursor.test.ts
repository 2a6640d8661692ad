import {
  cursorAfter,
  deltaTo,
  isCharacterBoundary,
  lackingPart,
  takesBack,
} from '../../../src/chat/open-reply/reply-cursor.js'

const text = 'a😀b' // the face has two units: at 1 and at 2

describe('a text', () => {
  it.each([
    [0, true],
    [1, true],
    [2, false],
    [3, true],
    [4, true],
    [5, false],
  ])('can be cut at %i: %s', (offset, can) => {
    expect(isCharacterBoundary(text, offset)).toBe(can)
  })

  it('can be cut beside half of a pair that has no other half', () => {
    expect(isCharacterBoundary('a\ud83d\ud83d', 2)).toBe(true)
    expect(isCharacterBoundary('\ude00\ude00', 1)).toBe(true)
    expect(isCharacterBoundary('\ud83dz', 1)).toBe(true)
    expect(isCharacterBoundary('z\ude00', 1)).toBe(true)
  })

  it.each(['\ud800\udc00', '\udbff\udfff', '\ud800\udfff'])('is not cut inside any pair: %j', (pair) => {
    expect(isCharacterBoundary(pair, 1)).toBe(false)
  })

  it.each(['\ud7ff\udc00', '\ud800\ue000', '\udc00\udc00'])('is cut between what is no pair: %j', (units) => {
    expect(isCharacterBoundary(units, 1)).toBe(true)
  })
})

describe('what a reader lacks of a delta', () => {
  const at = (offset: number) => ({ attempt: 'a', offset })

  it.each([
    ['all of the first one', undefined, { ...at(0), text }, { ...at(0), text }],
    ['all of the next one', at(3), { ...at(3), text }, { ...at(3), text }],
    ['the end of one of which it has the beginning', at(1), { ...at(0), text }, { ...at(1), text: '😀b' }],
    ['nothing of one that it has', at(4), { ...at(0), text }, { ...at(4), text: '' }],
    ['nothing of one behind it', at(9), { ...at(0), text }, { ...at(9), text: '' }],
    ['all of another attempt', { attempt: 'b', offset: 9 }, { ...at(0), text }, { ...at(0), text }],
    ['something before one that it has not reached', at(1), { ...at(3), text }, undefined],
    ['something before the middle of another attempt', { attempt: 'b', offset: 9 }, { ...at(1), text }, undefined],
    ['something before the first one', undefined, { ...at(1), text }, undefined],
    ['a whole character', at(2), { ...at(0), text }, undefined],
  ])('is %s', (_, cursor, delta, lacking) => {
    expect(lackingPart(cursor, delta)).toEqual(lacking)
  })
})

describe('what a reader lacks of a text', () => {
  it.each([
    [undefined, 0],
    [{ attempt: 'a', offset: 1 }, 1],
    [{ attempt: 'a', offset: 2 }, 1], // not inside a character
    [{ attempt: 'a', offset: 4 }, 4],
    [{ attempt: 'a', offset: 9 }, 4],
    [{ attempt: 'b', offset: 3 }, 0],
  ])('begins for %j at %i', (cursor, offset) => {
    expect(deltaTo(cursor, { attempt: 'a', text })).toEqual({ attempt: 'a', offset, text: text.slice(offset) })
  })
})

describe('a delta', () => {
  it('takes something back when it begins before its reader', () => {
    const delta = { attempt: 'a', offset: 3, text: 'x' }
    expect(takesBack({ attempt: 'a', offset: 4 }, delta)).toBe(true)
    expect(takesBack({ attempt: 'a', offset: 3 }, delta)).toBe(false)
    expect(takesBack(undefined, { ...delta, offset: 0 })).toBe(false)
  })

  it('leaves its reader at its end', () => {
    expect(cursorAfter({ attempt: 'a', offset: 3, text: 'xy' })).toEqual({ attempt: 'a', offset: 5 })
  })
})
