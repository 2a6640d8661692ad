import { randomBytes } from 'node:crypto'
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
    ['too much', 'longer', `${'x'.repeat(100_000)}\n\n${published.signature}`],
  ])('does not open with %s', (_, why, changed) => {
    expect(() => openNote(changed, [published.key])).toThrow(why)
  })

  it.each([
    '',
    'PeterNeumann',
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
  ])('has no other shape: %j', (text) => expect(() => treeHead(text)).toThrow('not a checkpoint'))
})
