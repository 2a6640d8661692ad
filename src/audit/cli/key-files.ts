import { readFile } from 'node:fs/promises'
import { UsageError } from '../../cli/command.js'

/** Files that were named, comma-separated. */
export async function filesGiven(option: string, names: string | undefined): Promise<string[] | undefined> {
  if (names === undefined) return undefined
  return Promise.all(names.split(',').map((name) => contentOf(option, name.trim())))
}

/** Public keys, one a line: in a file, or as they are. */
export async function keysGiven(text: string | undefined): Promise<string[] | undefined> {
  if (text === undefined) return undefined
  const lines = text.includes('+') ? text : await contentOf('key', text)
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

async function contentOf(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--${option}: ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
