import { createHash, randomBytes } from 'node:crypto'
import { openCheckpoint, treeHead, treeHeadText } from '../../../src/proof/checkpoint.js'
import { noteSigner, openNote, signNote } from '../../../src/proof/note.js'

/** The example in the documentation of Go's sumdb/note package. */
const published = {
  key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: 'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n'.replace(
    '’',
    "'",
  ),
  signature:
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
}
const note = `${published.text}\n${published.signature}`

const ada = noteSigner('log.example/ada', randomBytes(32))
const bob = noteSigner('log.example/bob', randomBytes(32))

describe('a signed note', () => {
  it('opens when it is the published one', () => {
    expect(openNote(note, [published.key])).toBe(published.text)
  })

  it('opens for each of its signers, and passes over who is not known', () => {
    const both = signNote('a text\nof two lines\n', [ada, bob])
    for (const { verifierKey } of [ada, bob]) expect(openNote(both, [verifierKey])).toBe('a text\nof two lines\n')
    expect(() => openNote(both, [noteSigner('log.example/ada', randomBytes(32)).verifierKey])).toThrow(
      'none of the keys given',
    )
    expect(() => openNote(both, [])).toThrow('none of the keys given')
    const inAnotherName = note.replace('— PeterNeumann', '— somebody')
    expect(() => openNote(inAnotherName, [published.key])).toThrow('none of the keys given')
  })

  it('opens with a key as it is read from a file, wherever it stands among others', () => {
    const signed = signNote('a text\n', [ada])
    expect(openNote(signed, [bob.verifierKey, ` ${ada.verifierKey}\n`])).toBe('a text\n')
  })

  it('may be as long as the standard lets it be, and may be empty', () => {
    const rest = signNote('\n', [ada]).length
    const longest = `${'x'.repeat(64 * 1024 - rest)}\n`
    for (const text of ['\n', longest]) expect(openNote(signNote(text, [ada]), [ada.verifierKey])).toBe(text)
    expect(() => openNote(signNote(`x${longest}`, [ada]), [ada.verifierKey])).toThrow('longer')
  })

  it('has up to a hundred signatures', () => {
    const signedTimes = (count: number) =>
      signNote(
        'a text\n',
        Array.from({ length: count }, () => ada),
      )
    expect(openNote(signedTimes(100), [ada.verifierKey])).toBe('a text\n')
    expect(() => openNote(signedTimes(101), [ada.verifierKey])).toThrow('more than 100')
  })

  it('opens with a signature of one byte by somebody else, whose kind of key may be any', () => {
    expect(openNote(`${note}— somebody AAAAAAA=\n`, [published.key])).toBe(published.text)
  })

  it.each([
    ['another text', 'does not belong to this text', note.replace('problem is', 'problem was')],
    ['another signature', 'does not belong to this text', note.replace('ZJkuBS9', 'ZJkuBS8')],
    ['no signature', 'no signature', `${published.text}\n`],
    ['no empty line', 'empty line', `${published.text}${published.signature}`],
    ['a control character', 'characters', note.replace('answer', 'ans\u0007wer')],
    ['no last newline', 'empty line', note.slice(0, -1)],
    ['half a signature', 'does not belong to this text', note.replace(/BwJnAM=\n$/, '\n')],
    ['a line that is none', 'no signature', `${note}and more\n`],
    ['a signature without a byte', 'no signature', `${note}— somebody AAAAAA==\n`],
    ['a word before a signature', 'no signature', note.replace('— ', 'by — ')],
    ['a word after a signature', 'no signature', note.replace(/=\n$/, '= indeed\n')],
    ['too much', 'longer', `${'x'.repeat(100_000)}\n\n${published.signature}`],
  ])('does not open with %s', (_, why, changed) => {
    expect(() => openNote(changed, [published.key])).toThrow(why)
  })

  /** A key whose id fits: of any type and length. */
  const keyOf = (type: number, length: number): string => {
    const typed = Buffer.from([type, ...randomBytes(length)])
    const id = createHash('sha256').update('Peter\n').update(typed).digest('hex').slice(0, 8)
    return `Peter+${id}+${typed.toString('base64')}`
  }

  it.each([
    '',
    'PeterNeumann',
    `the key ${published.key}`,
    `${published.key} it is`,
    keyOf(1, 31),
    keyOf(1, 33),
    keyOf(2, 32),
    'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+c74f20a3+AhpcZQ==',
  ])('refuses %j as a key', (key) => expect(() => openNote(note, [key])).toThrow('public key'))

  it('refuses names that no signature could carry', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00A0b']) expect(() => noteSigner(name, randomBytes(32))).toThrow('name')
  })
})

describe('a checkpoint', () => {
  const head = { origin: 'log.example/ada', size: 12, root: randomBytes(32) }

  it('says what was signed', () => {
    expect(openCheckpoint(signNote(treeHeadText(head), [ada]), [ada.verifierKey])).toEqual(head)
  })

  it('is none with another size, root or origin than were signed', () => {
    const signed = signNote(treeHeadText(head), [ada])
    for (const [from, to] of [
      ['\n12\n', '\n13\n'],
      ['log.example/ada\n', 'log.example/eve\n'],
      [head.root.toString('base64'), randomBytes(32).toString('base64')],
    ] as const) {
      expect(() => openCheckpoint(signed.replace(from, to), [ada.verifierKey])).toThrow('does not belong to this text')
    }
  })

  it.each([
    '',
    'origin\n',
    'origin\n01\nAAAA\n',
    `origin\n-1\n${head.root.toString('base64')}\n`,
    `\n1\n${head.root.toString('base64')}\n`,
    `o\n9007199254740993\n${head.root.toString('base64')}\n`,
    `o\n1e3\n${head.root.toString('base64')}\n`,
    `o\n1\n${head.root.subarray(1).toString('base64')}\n`,
    `o\n1\n${head.root.toString('base64')} \n`,
  ])('has no other shape: %j', (text) => expect(() => treeHead(text)).toThrow('not a checkpoint'))
})
