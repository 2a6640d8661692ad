import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * So that a text in mongod's files can be found at all. Whoever searches them also looks for a text that is meant to be
 * public: if that is not found, nothing was searched.
 */
export const uncompressed = ['--wiredTigerCollectionBlockCompressor', 'none', '--wiredTigerJournalCompressor', 'none']

/** Files below the folder that have the bytes in them, or the text in any of the ways in which a text is written. */
export async function filesWith(folder: string, wanted: string | Buffer): Promise<string[]> {
  const sought = typeof wanted === 'string' ? spellings(wanted) : [wanted]
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const found = await Promise.all(
    files.map(async ({ name, parentPath }) => {
      const bytes = await readFile(join(parentPath, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return Buffer.alloc(0) // a database may drop a file while we look
        throw error
      })
      return sought.some((spelling) => bytes.includes(spelling)) ? [name] : []
    }),
  )
  return found.flat()
}

const spellings = (text: string) => [
  Buffer.from(text),
  Buffer.from(text, 'utf16le'),
  ...base64Parts(text),
  Buffer.from(Buffer.from(text).toString('hex')),
]

/** Base64 has three spellings, by where in a group of three bytes the text begins. */
function base64Parts(text: string): Buffer[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before, 'x'), Buffer.from(text)]).toString('base64')
    return Buffer.from(encoded.slice(4, -4))
  })
}
