import { type Bytes, concat, fromBase64, isEqual, sha256, utf8 } from './bytes.js'

/** A key of the log, as /notary-key writes it: name+id+key. */
interface LogKey {
  readonly name: string
  readonly id: Bytes
  readonly publicKey: Bytes
}

const ed25519 = 1

async function logKey(line: string): Promise<LogKey> {
  const [, name = '', hex = '', base64 = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
  const typed = fromBase64(base64)
  const id = (await sha256(concat(utf8(`${name}\n`), typed))).slice(0, 4)
  const written = Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (typed.length !== 33 || typed[0] !== ed25519 || written !== hex) throw new Error(`${line} is no key of a log`)
  return { name, id, publicKey: typed.slice(1) }
}

/** What a log has signed: how many events it had, and the root of its tree with them. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Bytes
}

/** The tree head in a checkpoint (C2SP signed-note, tlog-checkpoint). Checks no signature. */
export function treeHead(note: string): TreeHead {
  const [origin = '', digits = '', base64 = ''] = textOf(note).split('\n')
  const [size, root] = [Number(digits), fromBase64(base64)]
  if (!origin || !/^(0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(size) || root.length !== 32)
    throw new Error('this is no checkpoint: it has no origin, size and root')
  return { origin, size, root }
}

/**
 * The name of the key that has signed a note. Signatures of keys that are not given say nothing; a wrong signature of
 * one that is given is an error.
 */
export async function signerOf(note: string, keys: readonly string[]): Promise<string> {
  const text = textOf(note)
  const known = await Promise.all(keys.map(logKey))
  let signer: string | undefined
  for (const line of note.slice(text.length + 1, -1).split('\n')) {
    const [, name = '', base64 = ''] = /^— ([^\s+]+) ([A-Za-z0-9+/]+=*)$/.exec(line) ?? []
    const bytes = fromBase64(base64)
    const key = known.find((one) => one.name === name && isEqual(one.id, bytes.slice(0, 4)))
    if (!key) continue
    const publicKey = await crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
    if (!(await crypto.subtle.verify('Ed25519', publicKey, bytes.slice(4), utf8(text))))
      throw new Error(`the signature of ${name} does not belong to this checkpoint: it was changed`)
    signer ??= name
  }
  if (!signer) throw new Error('none of the log’s keys has signed this checkpoint')
  return signer
}

/** All before the empty line and the signatures, with its newline. */
function textOf(note: string): string {
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) throw new Error('this is no signed note')
  return note.slice(0, end + 1)
}
