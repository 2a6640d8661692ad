import { pieceEnd } from '../../../src/chat/api/openai/responses/text-pieces.js'

describe('a piece of a text', () => {
  it.each([
    ['ends behind the first space', 'A fact that happened', 0, 2],
    ['has its first letter and more when it begins with a space', ' fact that', 0, 1],
    ['may go on when no space has come yet', 'happened', 0, undefined],
    ['may go on when it is one unit shorter than the longest word', 'x'.repeat(24), 0, undefined],
    ['ends when it is as long as the longest word', 'x'.repeat(25), 0, 25],
    ['ends there, too, when more follows', 'x'.repeat(26), 0, 25],
    ['ends behind a letter of two units, not in it', `${'x'.repeat(24)}😀`, 0, 26],
    ['ends behind a line feed', 'one\ntwo', 0, 4],
    ['ends behind the space at its very end', `${'x'.repeat(24)} y`, 0, 25],
  ])('%s', (_, text, start, end) => expect(pieceEnd(text, start)).toBe(end))

  it('is the longer, the further on it begins', () => {
    const text = 'a '.repeat(2_000)
    expect(pieceEnd(text, 0)).toBe(2)
    expect(pieceEnd(text, 512)).toBe(516)
    expect(pieceEnd(text, 2_560)).toBe(2_572)
  })
})
