import { readFile } from 'node:fs/promises'
import { UsageError } from '../../cli/command.js'

/** The contents of comma-separated files. */
export async function readFiles(option: string, names: string | undefined): Promise<string[] | undefined> {
  if (names === undefined) return undefined
  return Promise.all(names.split(',').map((name) => readText(option, name.trim())))
}

/** Public keys: the name of a file with one per line, or the keys themselves. */
export async function readKeys(text: string | undefined): Promise<string[] | undefined> {
  if (text === undefined) return undefined
  const lines = text.includes('+') ? text : await readText('key', text)
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

async function readText(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--${option}: ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}
