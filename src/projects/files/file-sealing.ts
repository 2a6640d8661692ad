import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

/**
 * Files are sealed in pieces, so that no file is ever whole in memory: AES-256-GCM, under a key that belongs to the file
 * alone and is derived from the project's key. The nonce of a piece is its number and whether it is the last one (the
 * STREAM construction, which age and Tink use too). So a piece that was changed, moved, left out or added does not
 * open, and neither does a file that was cut. No nonce is used twice under a key, because no content id is.
 */
const tagBytes = 16

/** One sealed piece is one chunk in GridFS; 255 KiB is GridFS's own default. */
export const sealedPieceBytes = 255 * 1024
export const pieceBytes = sealedPieceBytes - tagBytes

export interface ContentIds {
  projectId: string
  fileId: string
  contentId: string
}

export function fileKey(projectKey: Uint8Array, { projectId, fileId, contentId }: ContentIds): Buffer {
  const info = JSON.stringify(['verbatim file 1', projectId, fileId, contentId])
  return Buffer.from(hkdfSync('sha256', projectKey, '', info, 32))
}

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export async function* sealPieces(key: Uint8Array, bytes: Bytes): AsyncGenerator<Buffer> {
  let number = 0
  for await (const { piece, isLast } of pieces(bytes)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(number++, isLast))
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()])
  }
}

/** Throws `DamagedFile` at the first piece that differs from the one that was sealed in its place. */
export async function* openPieces(key: Uint8Array, sealed: Bytes): AsyncGenerator<Buffer> {
  let number = 0
  let previous: Uint8Array | undefined
  for await (const piece of sealed) {
    if (previous) yield openPiece(key, previous, number++, false)
    previous = piece
  }
  if (!previous) throw new DamagedFile('all its pieces are missing')
  yield openPiece(key, previous, number, true)
}

/** All of it at once, for those who need that; undefined when it is larger than `mostBytes`. */
export async function joined(bytes: AsyncIterable<Uint8Array>, mostBytes = Infinity): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of bytes) {
    size += part.length
    if (size > mostBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

export class DamagedFile extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`a stored file is damaged: ${why}`, options)
    this.name = 'DamagedFile'
  }
}

function openPiece(key: Uint8Array, sealed: Uint8Array, number: number, isLast: boolean): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(number, isLast), { authTagLength: tagBytes })
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
  } catch (cause) {
    throw new DamagedFile(`piece ${number} is not as it was sealed`, { cause })
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUIntBE(number, 5, 6)
  bytes[11] = isLast ? 1 : 0
  return bytes
}

/** Pieces of one size; the last one may be shorter. Without any bytes there is one empty piece. */
async function* pieces(bytes: Bytes): AsyncGenerator<{ piece: Buffer; isLast: boolean }> {
  let piece = Buffer.allocUnsafe(pieceBytes)
  let filled = 0
  for await (const part of bytes) {
    for (let taken = 0; taken < part.length;) {
      if (filled === pieceBytes) {
        yield { piece, isLast: false }
        piece = Buffer.allocUnsafe(pieceBytes)
        filled = 0
      }
      const next = part.subarray(taken, taken + pieceBytes - filled)
      piece.set(next, filled)
      filled += next.length
      taken += next.length
    }
  }
  yield { piece: piece.subarray(0, filled), isLast: true }
}
