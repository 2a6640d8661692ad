import { randomBytes } from 'node:crypto'
import {
  DamagedFile,
  fileKey,
  pieceBytes,
  sealPieces,
  sealedPieceBytes,
  openPieces,
} from '../../../src/projects/files/file-sealing.js'

const projectKey = randomBytes(32)
const name = { projectId: 'p', fileId: 'f', contentId: 'c' }
const key = fileKey(projectKey, name)
const bytes = randomBytes(3 * pieceBytes + 100)

async function* inParts(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

async function* these(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

async function sealed(content: Uint8Array, partSize = 64 * 1024, under = key): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of sealPieces(under, inParts(content, partSize))) pieces.push(piece)
  return pieces
}

async function opened(pieces: readonly Uint8Array[], under = key): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of openPieces(under, these(pieces))) parts.push(part)
  return Buffer.concat(parts)
}

describe('a sealed file', () => {
  it.each([0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 2 * pieceBytes, bytes.length])(
    'of %d bytes opens to what it was',
    async (size) => {
      expect((await opened(await sealed(bytes.subarray(0, size)))).equals(bytes.subarray(0, size))).toBe(true)
    },
  )

  it.each([1_000, pieceBytes, pieceBytes + 1, bytes.length])(
    'is the same when its bytes come %d at a time',
    async (size) => {
      expect(Buffer.concat(await sealed(bytes, size)).equals(Buffer.concat(await sealed(bytes)))).toBe(true)
    },
  )

  it('comes in pieces that fill a chunk of GridFS each, but for the last', async () => {
    expect((await sealed(bytes)).map(({ length }) => length)).toEqual([
      sealedPieceBytes,
      sealedPieceBytes,
      sealedPieceBytes,
      116,
    ])
  })
})

describe('what was done to it is noticed:', () => {
  it.each<[string, (pieces: Buffer[], others: Buffer[]) => Buffer[]]>([
    ['a bit flipped', ([a, b, ...rest]) => [a!, flipped(b!, 5), ...rest]],
    ['a bit of a tag flipped', ([a, ...rest]) => [flipped(a!, a!.length - 1), ...rest]],
    ['two pieces swapped', ([a, b, ...rest]) => [b!, a!, ...rest]],
    ['a piece repeated', ([a, ...rest]) => [a!, a!, ...rest]],
    ['the first piece left out', ([, ...rest]) => rest],
    ['a piece left out', ([a, , ...rest]) => [a!, ...rest]],
    ['the last piece left out', (pieces) => pieces.slice(0, -1)],
    ['the last piece shortened', (pieces) => [...pieces.slice(0, -1), pieces.at(-1)!.subarray(0, 50)]],
    ['the last piece shorter than a tag', (pieces) => [...pieces.slice(0, -1), Buffer.of(1)]],
    ['another end', (pieces, others) => [...pieces.slice(0, -1), others.at(-1)!]],
    ['a piece of another file', ([, ...rest], [other]) => [other!, ...rest]],
    ['more than there was', (pieces) => [...pieces, pieces.at(-1)!]],
    ['nothing left', () => []],
  ])('%s', async (_, change) => {
    const others = await sealed(
      randomBytes(bytes.length),
      undefined,
      fileKey(projectKey, { ...name, contentId: 'another' }),
    )
    await expect(opened(change(await sealed(bytes), others))).rejects.toThrow(DamagedFile)
  })

  it.each([{ projectId: 'q' }, { fileId: 'g' }, { contentId: 'd' }])('given out for another one, %j', async (other) => {
    await expect(opened(await sealed(bytes), fileKey(projectKey, { ...name, ...other }))).rejects.toThrow(DamagedFile)
  })

  it('opened with another project’s key', async () => {
    await expect(opened(await sealed(bytes), fileKey(randomBytes(32), name))).rejects.toThrow(DamagedFile)
  })
})

function flipped(piece: Buffer, at: number): Buffer {
  const copy = Buffer.from(piece)
  copy[at]! ^= 1
  return copy
}
