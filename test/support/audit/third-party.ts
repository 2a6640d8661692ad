import { createHash, createPublicKey } from 'node:crypto'
import { verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js'
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js'

/**
 * The transparency-log verifier of the Sigstore project, which we did not write, fed with ours: signed note, tree head
 * and inclusion proof. It throws what it finds wrong.
 */
export function verifiedBySigstore(proof: string, leaf: string, verifierKey: string): { origin: string; size: number } {
  const [name = '', , base64 = ''] = verifierKey.split('+')
  const raw = Buffer.from(verifierKey.slice(verifierKey.indexOf('+', name.length + 1) + 1), 'base64')
  const log = {
    logID: createHash('sha256').update(`${name}\n`).update(raw).digest(),
    baseURL: name,
    publicKey: createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]),
      format: 'der',
      type: 'spki',
    }),
    validFor: { start: new Date(0), end: new Date(8.64e15) },
  }
  if (base64 === '') throw new Error('no key')
  const [head = '', ...rest] = proof.split('\n\n')
  const [, index = '', ...hashes] = head.split('\n')
  const entry = {
    canonicalizedBody: Buffer.from(leaf),
    inclusionProof: {
      logIndex: index.replace('index ', ''),
      hashes: hashes.map((hash) => Buffer.from(hash, 'base64')),
      checkpoint: { envelope: rest.join('\n\n') },
    },
  }
  const checkpoint = verifyCheckpoint(entry as never, [log])
  verifyMerkleInclusion(entry as never, checkpoint)
  return { origin: checkpoint.origin, size: Number(checkpoint.logSize) }
}
