import { hash, hkdfSync } from 'node:crypto'
import { Binary } from 'mongodb'
import { oncePer } from '../../event-store/coalesce.js'

/** So many units of a message, and so many different words of them, are found by a search. */
const longestText = 100_000
const mostWords = 2_000
/** In units of UTF-16, of which none takes more than three bytes in UTF-8. */
const longestWord = 64
const hashBytes = 8

/** In these scripts nothing stands between words. Two letters in a row are the unit in which they are found. */
const withoutSpaces = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/gu
const words = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** The different words of a text, without case, accents of compatibility, and marks between words. */
export function wordsOf(text: string): string[] {
  const plain = text.slice(0, longestText).normalize('NFKC').toLocaleLowerCase('en')
  const found = new Set<string>()
  for (const [run] of plain.matchAll(withoutSpaces)) for (const pair of pairsOf(run)) found.add(pair)
  for (const [word] of plain.replace(withoutSpaces, ' ').matchAll(words)) {
    found.add(word.slice(0, longestWord))
    if (found.size >= mostWords) break
  }
  return [...found].slice(0, mostWords)
}

function pairsOf(run: string): string[] {
  const letters = Array.from(run)
  return letters.length < 2 ? letters : letters.slice(1).map((letter, i) => letters[i]! + letter)
}

/** The key of an owner's hashes, as the two beginnings of RFC 2104. */
interface WordsKey {
  /** With room for a word behind it. */
  readonly inner: Buffer
  readonly outer: Buffer
}

const block = 64
const digest = 32

/** It comes from the owner's own key, and is gone with it. */
export const wordsKey = oncePer((ownerKey: Uint8Array): WordsKey => {
  const key = Buffer.from(hkdfSync('sha256', ownerKey, '', 'verbatim words 1', digest))
  const begun = (fill: number, room: number) => {
    const bytes = Buffer.alloc(block + room, fill).fill(0, block)
    for (const [i, byte] of key.entries()) bytes[i] = byte ^ fill
    return bytes
  }
  return { inner: begun(0x36, 3 * longestWord), outer: begun(0x5c, digest) }
})

/**
 * What the database sees of a word: the beginning of its HMAC. Without the owner's key nobody can tell which word it is.
 * Two hashes by hand, because an Hmac object for each word takes more than twice the time, and a message has many words.
 */
export function wordHash({ inner, outer }: WordsKey, word: string): Binary {
  const end = block + inner.write(word, block)
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), block, 'binary')
  return new Binary(Buffer.from(hash('sha256', outer, 'binary').slice(0, hashBytes), 'binary'))
}
