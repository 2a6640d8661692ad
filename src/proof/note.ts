import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { Unproven } from './unproven.js'

/** C2SP signed-note: a text with signatures. */
const ed25519 = 1
const maxCharacters = 64 * 1024
const maxSignatures = 100

/** A key that signs notes, under a name. */
export interface NoteSigner {
  readonly name: string
  readonly privateKey: KeyObject
  /** For verifiers: name, id and public key in one line. */
  readonly verifierKey: string
}

interface NoteVerifier {
  name: string
  id: Buffer
  publicKey: KeyObject
}

const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

/** From the 32 bytes of a private Ed25519 key. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  if (!/^[^\s+\p{Zs}]+$/u.test(name))
    throw new Unproven('bad_key', `a key’s name has neither spaces nor plus signs: ${name}`)
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(spkiHead.length)
  const typed = Buffer.concat([Buffer.of(ed25519), raw])
  return { name, privateKey, verifierKey: `${name}+${idOf(name, typed).toString('hex')}+${typed.toString('base64')}` }
}

/** The first 4 bytes of SHA-256(name, newline, type, public key). */
const idOf = (name: string, typedKey: Uint8Array): Buffer =>
  createHash('sha256').update(`${name}\n`).update(typedKey).digest().subarray(0, 4)

function noteVerifier(verifierKey: string): NoteVerifier {
  const [, name = '', hex = '', base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(verifierKey.trim()) ?? []
  const typed = Buffer.from(base64, 'base64')
  const id = Buffer.from(hex, 'hex')
  if (typed.length !== 33 || typed[0] !== ed25519 || !idOf(name, typed).equals(id)) {
    throw new Unproven(
      'bad_key',
      `this is not a public key of a log (name+id+key): ${verifierKey.trim().slice(0, 200)}`,
    )
  }
  return {
    name,
    id,
    publicKey: createPublicKey({ key: Buffer.concat([spkiHead, typed.subarray(1)]), format: 'der', type: 'spki' }),
  }
}

/** The text, which MUST end with a newline, with the signatures of all signers. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const lines = signers.map(({ name, privateKey, verifierKey }) => {
    const { id } = noteVerifier(verifierKey)
    return `— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n`
  })
  return `${text}\n${lines.join('')}`
}

/**
 * The text of a note that at least one of the keys has signed. Signatures of other keys are ignored, as the standard
 * demands: witnesses and later keys may add theirs. A wrong signature of one of the keys makes the note invalid.
 */
export function openNote(note: string, verifierKeys: readonly string[]): string {
  if (note.length > maxCharacters) throw malformed(`it is longer than ${maxCharacters} characters`)
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) throw malformed('its text does not end with an empty line and signatures')
  const text = note.slice(0, end + 1)
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000B-\u001F]/.test(note) || !note.isWellFormed())
    throw malformed('it has characters that a note must not have')
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > maxSignatures) throw malformed(`it has more than ${maxSignatures} signatures`)
  const verifiers = verifierKeys.map(noteVerifier)
  const known = lines.map(signatureOf).flatMap(({ name, id, signature }) => {
    const verifier = verifiers.find((key) => key.name === name && key.id.equals(id))
    return verifier ? [{ name, isGood: verify(null, Buffer.from(text), verifier.publicKey, signature) }] : []
  })
  const bad = known.find(({ isGood }) => !isGood)
  if (bad)
    throw new Unproven(
      'bad_signature',
      `the signature of ${bad.name} does not belong to this text: the note was changed`,
    )
  if (known.length === 0)
    throw new Unproven(
      'not_signed',
      `none of the keys given has signed this: ${verifiers.map(({ name }) => name).join(', ')}`,
    )
  return text
}

function signatureOf(line: string): { name: string; id: Buffer; signature: Buffer } {
  const [, name = '', base64 = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length < 5) throw malformed('a line after its text is no signature')
  return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }
}

const malformed = (why: string) => new Unproven('malformed', `this is not a signed note: ${why}`)
