import { execFile } from 'node:child_process'
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { forgetGeneratedKey, loadOrGenerateKey } from '../../../src/embedded/generated-key.js'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'verbatim-key-'))
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function keyMadeByAnotherProcess(): Promise<string> {
  const module = pathToFileURL(resolve('build/src/embedded/generated-key.js')).href
  const program = `
    const { loadOrGenerateKey } = await import(${JSON.stringify(module)})
    console.log((await loadOrGenerateKey(${JSON.stringify(dataDir)}, 'master')).toString('hex'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  return stdout.trim()
}

it('makes 32 random bytes once, and finds them again', async () => {
  const key = await loadOrGenerateKey(dataDir, 'master')
  expect(key).toHaveLength(32)
  expect(await loadOrGenerateKey(dataDir, 'master')).toEqual(key)
  expect(await loadOrGenerateKey(join(dataDir, 'elsewhere'), 'master')).not.toEqual(key)
})

it('is for its owner’s eyes only', async () => {
  await loadOrGenerateKey(dataDir, 'master')
  expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(dataDir, 'keys/master.key'))).mode & 0o777).toBe(0o600)
})

it('gives everyone the same key when many ask at once, and leaves nothing else', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => loadOrGenerateKey(dataDir, 'master')))
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1)
  expect(await readdir(join(dataDir, 'keys'))).toEqual(['master.key'])
})

it('gives processes that race the same key', async () => {
  const keys = await Promise.all(Array.from({ length: 4 }, () => keyMadeByAnotherProcess()))
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(keys).size).toBe(1)
})

const noKeys = ['', 'too short', Buffer.alloc(31).toString('base64url')]
it.each(noKeys)('never replaces a file that holds no key: %j', async (text) => {
  await mkdir(join(dataDir, 'keys'))
  await writeFile(join(dataDir, 'keys/master.key'), text)
  await expect(loadOrGenerateKey(dataDir, 'master')).rejects.toThrow('holds no 32-byte key')
})

it('says which folder can’t be used', async () => {
  await writeFile(join(dataDir, 'keys'), 'a file where the folder should be')
  await expect(loadOrGenerateKey(dataDir, 'master')).rejects.toThrow(join(dataDir, 'keys'))
})

it('is removed when it is the one that opens nothing any more, and only then', async () => {
  const file = join(dataDir, 'keys/master.key')
  expect(await forgetGeneratedKey(dataDir, 'master', Buffer.alloc(32))).toBeUndefined()
  const key = await loadOrGenerateKey(dataDir, 'master')
  expect(await forgetGeneratedKey(dataDir, 'master', Buffer.alloc(32))).toBeUndefined()
  expect(await loadOrGenerateKey(dataDir, 'master')).toEqual(key)
  await link(file, join(dataDir, 'the same bytes'))
  expect(await forgetGeneratedKey(dataDir, 'master', key)).toBe(file)
  expect(await readdir(join(dataDir, 'keys'))).toEqual([])
  expect((await readFile(join(dataDir, 'the same bytes'), 'utf8')).trim()).toBe('')
  expect(await forgetGeneratedKey(dataDir, 'master', key)).toBeUndefined()
})
