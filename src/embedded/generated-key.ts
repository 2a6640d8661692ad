import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from './engine-error.js'

/** What a generated key is for, and what happens when it is lost. */
const keys = {
  master: { variable: 'MASTER_KEY', whenLost: 'no other key opens what it has sealed' },
  notary: {
    variable: 'NOTARY_KEY',
    whenLost: 'the log must be signed with it, or with a new key that every verifier is told of',
  },
} as const

export type KeyName = keyof typeof keys

/**
 * The key of a service whose environment names none: `keys/<name>.key` in the data folder, readable by its owner only,
 * made on first use. Two processes that start at once get the same key: each writes a whole file and links it to the
 * name, which only one of them can. A crash leaves a whole key under the name or none, and at most an unused file. A
 * file that holds no key is never replaced: what the key has sealed would be lost.
 */
export async function loadOrGenerateKey(dataDir: string, name: KeyName): Promise<Buffer> {
  const folder = join(dataDir, 'keys')
  const file = join(folder, `${name}.key`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return (await readKey(name, file)) ?? (await generateKey(name, folder, file))
  } catch (error) {
    if (error instanceof EngineError) throw error
    throw new EngineError(
      'data_folder_unusable',
      `the ${name} key in ${folder} can't be used: ${String(error)}. Make the folder writable, or set ${keys[name].variable}`,
    )
  }
}

/**
 * Removes the generated key if it is this one; the name of its file if it was. The caller MUST know that the key opens
 * nothing any more. A crash leaves the key, or a file that holds none: it was overwritten first, as far as the disk
 * does so.
 */
export async function forgetGeneratedKey(dataDir: string, name: KeyName, key: Uint8Array): Promise<string | undefined> {
  const folder = join(dataDir, 'keys')
  const file = join(folder, `${name}.key`)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined || !Buffer.from(text.trim(), 'base64url').equals(key)) return undefined
  await writeDurably(file, ' '.repeat(text.length), 'r+')
  await rm(file)
  await syncFolder(folder)
  return file
}

/** Undefined when none was ever generated there. */
export const loadKey = (dataDir: string, name: KeyName): Promise<Buffer | undefined> =>
  readKey(name, join(dataDir, 'keys', `${name}.key`))

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

async function readKey(name: KeyName, file: string): Promise<Buffer | undefined> {
  try {
    const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64url')
    if (key.length === 32) return key
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  throw new EngineError(
    'data_folder_unusable',
    `${file} holds no 32-byte key: restore it from a copy, because ${keys[name].whenLost}`,
  )
}

async function generateKey(name: KeyName, folder: string, file: string): Promise<Buffer> {
  const draft = join(folder, `${name}.key.${process.pid}.${randomBytes(6).toString('hex')}`)
  try {
    await writeDurably(draft, `${randomBytes(32).toString('base64url')}\n`)
    await link(draft, file).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error // another process was faster: its key counts
    })
  } finally {
    await rm(draft, { force: true })
  }
  await syncFolder(folder)
  const key = await readKey(name, file)
  if (!key) throw new Error(`${file} has vanished`)
  return key
}

async function writeDurably(file: string, text: string, flags = 'wx'): Promise<void> {
  const handle = await open(file, flags, 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the new name survive a power cut. Windows has no such call and refuses. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
