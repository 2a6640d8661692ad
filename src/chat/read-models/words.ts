import { createHmac, hkdfSync } from 'node:crypto'
import { Binary } from 'mongodb'
import { oncePer } from '../../event-store/coalesce.js'

/** So many units of a message, and so many different words of them, are found by a search. */
const longestText = 100_000
const mostWords = 2_000
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
    found.add(word.slice(0, 64))
    if (found.size >= mostWords) break
  }
  return [...found].slice(0, mostWords)
}

function pairsOf(run: string): string[] {
  const letters = Array.from(run)
  return letters.length < 2 ? letters : letters.slice(1).map((letter, i) => letters[i]! + letter)
}

/** The key of an owner's hashes. It comes from the owner's own key, and is gone with it. */
export const wordsKey = oncePer((ownerKey: Uint8Array) =>
  Buffer.from(hkdfSync('sha256', ownerKey, '', 'verbatim words 1', 32)),
)

/** What the database sees of a word. Without the owner's key nobody can tell which word it is. */
export const wordHash = (key: Uint8Array, word: string): Binary =>
  new Binary(createHmac('sha256', key).update(word).digest().subarray(0, hashBytes))
