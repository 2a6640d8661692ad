import { randomBytes } from 'node:crypto'
import { treeHeadText } from '../../../src/proof/checkpoint.js'
import { formatLogProof, parseLogProof, verifyLogProof } from '../../../src/proof/log-proof.js'
import { noteSigner, signNote } from '../../../src/proof/note.js'
import { inclusions, leaves, roots } from '../../support/proof/published.js'
import { errorOf } from '../../support/error-of.js'

const ada = noteSigner('log.example/ada', randomBytes(32))
const [index, size, path] = inclusions[2]!
const hashes = path.map((hash) => Buffer.from(hash, 'hex'))
const head = { origin: 'log.example/ada', size, root: Buffer.from(roots[size]!, 'hex') }
const checkpoint = signNote(treeHeadText(head), [ada])
const proof = { index, hashes, checkpoint }
const text = formatLogProof(proof)

describe('a proof that a log has a leaf', () => {
  it('is written as the standard says', () => {
    const lines = hashes.map((hash) => `${hash.toString('base64')}\n`).join('')
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex ${index}\n${lines}\n${checkpoint}`)
  })

  it('is read as it was written, without the extra line that somebody may add', () => {
    expect(parseLogProof(text)).toEqual(proof)
    expect(parseLogProof(text.replace('index', 'extra AAAA\nindex'))).toEqual(proof)
    expect(parseLogProof(formatLogProof({ ...proof, hashes: [] }))).toEqual({ ...proof, hashes: [] })
  })

  it('leads to the tree head that was signed', () => {
    expect(verifyLogProof(proof, leaves[index]!, [ada.verifierKey])).toEqual(head)
  })

  it('shows no other leaf, and no other place', () => {
    for (const [other, leaf] of [
      [proof, leaves[index - 1]!],
      [{ ...proof, index: index - 1 }, leaves[index]!],
      [{ ...proof, index: size }, leaves[index]!],
    ] as const)
      expect(errorOf(() => verifyLogProof(other, leaf, [ada.verifierKey]))).toMatchObject({
        name: 'Unproven',
        code: 'not_included',
      })
  })

  const first = hashes[0]!.toString('base64')
  it.each([
    ['nothing', ''],
    ['another first line', text.replace('@v1', '@v2')],
    ['the first line alone', 'c2sp.org/tlog-proof@v1\n\n'],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
    ['no index', text.replace(`index ${index}\n`, '')],
    ['words before its index', text.replace('index', 'the index')],
    ['words after its index', text.replace(`index ${index}`, `index ${index} or so`)],
    ['zeros before its index', text.replace('index ', 'index 0')],
    ['an index beyond all numbers', text.replace('index ', 'index 900719925474099')],
    ['a hash that is too short', text.replace(first, randomBytes(31).toString('base64'))],
    ['a hash in another spelling', text.replace(first, first.replace('=', ''))],
  ])('has no other shape: %s', (_, malformed) => {
    expect(errorOf(() => parseLogProof(malformed))).toMatchObject({ name: 'Unproven', code: 'malformed' })
  })
})
